import { readdir, readFile } from "node:fs/promises";
import { platform } from "node:os";
import { delimiter, join } from "node:path";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

type Trusting = { readonly rejectUnauthorized: true; readonly secureContext: SecureContext };

/**
 * Returns the trusted issuers. With NODE_TLS_REJECT_UNAUTHORIZED, Node would trust any server. Neither kubectl nor az reads that variable.
 * @throws CliError config if SSL_CERT_FILE cannot be read
 */
export async function trustedIssuers(env: Environment): Promise<Trusting> {
  return { rejectUnauthorized: true, secureContext: createSecureContext({ ca: await authorities(env) }) };
}

/**
 * Returns the trusted authorities in PEM: those of SSL_CERT_FILE, which replace the machine's, as for kubectl; else the machine's. The
 * folders in SSL_CERT_DIR and the file in NODE_EXTRA_CA_CERTS are added to either. Node reads SSL_CERT_FILE and one folder on Linux only,
 * adds the machine's, and ignores a file that it cannot read.
 * @throws CliError config if SSL_CERT_FILE cannot be read
 */
export async function authorities(env: Environment): Promise<string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders, NODE_EXTRA_CA_CERTS: extra } = env;
  const own = file ? certificatesIn(await readNamed(file)) : ofMachine();
  const inFolders = await Promise.all((folders ? folders.split(delimiter) : []).map(filesIn));
  const added = [...inFolders.flat(), ...(extra ? [extra] : [])];
  const texts = await Promise.all(added.map((path) => readFile(path, "utf8").catch(() => "")));
  return [...new Set([...own, ...texts.flatMap(certificatesIn)])];
}

/** Windows downloads an authority only when one of its own programs needs it, and a container may have none. */
function ofMachine(): readonly string[] {
  const found = getCACertificates("system");
  return platform() === "linux" && found.length > 0 ? found : [...found, ...getCACertificates("bundled")];
}

/**
 * Each certificate separately: OpenSSL would ignore all certificates after one that it cannot read. Go also ignores a certificate with
 * headers.
 */
const certificatesIn = (text: string): string[] => text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];

const readNamed = (file: string) =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliError("config", `cannot read ${file}, the file in SSL_CERT_FILE`, { cause });
  });

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name));
}
