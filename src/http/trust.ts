import { readdir, readFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { Env } from "../context.ts";
import { CliError } from "../errors.ts";

/** Where a machine keeps the certificates of those that it trusts: the first of these files, and what lies in the folders beside it. */
export type Places = { readonly files: readonly string[]; readonly folders: readonly string[] };

/** Where kubectl looks, by distribution (Go 1.26, crypto/x509 root_linux.go). */
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

/**
 * The authorities that are trusted, in PEM: those of SSL_CERT_FILE, which take the place of the machine's, as for OpenSSL, Go and so for
 * kubectl; else the machine's. Those of NODE_EXTRA_CA_CERTS are added. undefined: Node knows better where the machine keeps them.
 *
 * It can find them on Linux too, but reads every file of the folders, each certificate thrice: that takes as long as Node's own start.
 *
 * @throws CliError config when SSL_CERT_FILE cannot be read
 */
export async function authorities(env: Env, system = platform(), places = onLinux): Promise<readonly string[] | undefined> {
  const { SSL_CERT_FILE: named, NODE_EXTRA_CA_CERTS: extra } = env;
  if (!named && system !== "linux") return undefined;
  const found = named ? [await readNamed(named)] : await readMachines(places, env["SSL_CERT_DIR"]);
  return extra && extra !== named ? [...found, await readFile(extra, "utf8").catch(() => "")] : found;
}

const readNamed = (file: string) =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliError("config", `cannot read ${file}, which SSL_CERT_FILE names`, { cause });
  });

/** @param chosen folders that a person names instead, with `:` between them */
async function readMachines({ files, folders }: Places, chosen: string | undefined): Promise<string[]> {
  const bundle = await firstOf(files);
  const texts = await Promise.all((chosen ? chosen.split(":") : folders).map((folder) => readBeside(folder, chosen ? undefined : bundle)));
  const found = [...(bundle ? [bundle.text] : []), ...texts.flat()];
  // A container may have none
  return found.length > 0 ? found : [...rootCertificates];
}

type Bundle = { readonly file: string; readonly text: string };

async function firstOf([file, ...others]: readonly string[]): Promise<Bundle | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? firstOf(others) : { file, text };
}

/** The certificates in a folder. Beside a bundle, what is but a link is in it already: one for each authority, and one for its hash. */
async function readBeside(folder: string, bundle: Bundle | undefined): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const own = entries.filter((entry) => entry.isFile() || (entry.isSymbolicLink() && !bundle));
  const files = own.map(({ name }) => join(folder, name)).filter((file) => file !== bundle?.file);
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.filter((text) => text.includes("-----BEGIN CERTIFICATE-----"));
}
