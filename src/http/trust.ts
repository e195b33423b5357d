import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

/** Where a machine stores its trusted certificates: in the first of these files, and in these folders. */
type Places = { readonly files: readonly string[]; readonly folders: readonly string[] };

/** The places where kubectl looks, by distribution (Go 1.26, crypto/x509 root_linux.go). */
const onLinux: Places = {
  files: [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ],
  folders: ["/etc/ssl/certs", "/etc/pki/tls/certs"],
};

type Trusting = { readonly rejectUnauthorized: true; readonly secureContext?: SecureContext };

/**
 * Returns the trusted issuers. With NODE_TLS_REJECT_UNAUTHORIZED, Node would trust any server. Neither kubectl nor az reads that variable.
 * @throws CliError config if SSL_CERT_FILE cannot be read
 */
export async function trustedIssuers(env: Environment): Promise<Trusting> {
  const ca = await authorities(env);
  return ca ? { rejectUnauthorized: true, secureContext: createSecureContext({ ca }) } : { rejectUnauthorized: true };
}

/**
 * Returns the trusted authorities in PEM: those of SSL_CERT_FILE, which replace the machine's, as in OpenSSL; else the machine's, as kubectl
 * finds them. Folders of SSL_CERT_DIR replace the machine's, and NODE_EXTRA_CA_CERTS is added to either.
 *
 * Node can find them on Linux too, but reads each certificate three times, even if SSL_CERT_FILE is set. That takes as long as its own
 * start.
 *
 * @returns undefined if Node finds the machine's certificates itself
 * @throws CliError config if SSL_CERT_FILE cannot be read
 */
export async function authorities(env: Environment, system = platform(), places = onLinux): Promise<string[] | undefined> {
  const { SSL_CERT_FILE: named, SSL_CERT_DIR: chosen, NODE_EXTRA_CA_CERTS: extra } = env;
  const isLinux = system === "linux";
  if (!named && !isLinux) return undefined;
  const usual = named ? [] : places.folders;
  const folders = chosen && isLinux ? chosen.split(":") : usual;
  const bundle = named ? await readNamed(named) : firstOf(places.files);
  const added = extra ? await readFile(extra, "utf8").catch(() => "") : "";
  const found = certificatesIn([bundle, ...folders.flatMap(textsIn)]);
  // A container may have no certificates
  const own = named || found.length > 0 ? found : rootCertificates;
  return certificatesIn([...own, added]);
}

/**
 * Each certificate separately: OpenSSL would ignore all certificates after one that it cannot read. Go also ignores a certificate with
 * headers.
 */
const certificatesIn = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [])),
];

const readNamed = (file: string) =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliError("config", `cannot read ${file}, the file in SSL_CERT_FILE`, { cause });
  });

function firstOf([file, ...others]: readonly string[]): string {
  if (file === undefined) return "";
  return textOf(file) ?? firstOf(others);
}

/** The texts of the files in a folder. It has about a hundred small files, which takes five times as long with a promise for each. */
function textsIn(folder: string): string[] {
  const entries = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  const own = entries.filter((entry) => entry.isFile() || (entry.isSymbolicLink() && leadsOut(join(folder, entry.name))));
  return own.flatMap(({ name }) => textOf(join(folder, name)) ?? []);
}

/** A link inside the folder is only another name of a file that is read anyway, such as its subject hash. */
const leadsOut = (link: string): boolean => attempt(() => readlinkSync(link))?.includes("/") === true;

const textOf = (file: string): string | undefined => attempt(() => readAtOnce(file));

/** Reads only the current contents of a pipe, which may never get more data. */
function readAtOnce(file: string): string {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readFileSync(opened, "utf8");
  } finally {
    closeSync(opened);
  }
}

/** A file that cannot be read counts as missing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
