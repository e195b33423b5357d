import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

/** Where a machine keeps the certificates of those that it trusts: the first of these files, and what lies in these folders. */
type Places = { readonly files: readonly string[]; readonly folders: readonly string[] };

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

/** Authorities, each in PEM. */
export type Authorities = {
  /** undefined: Node knows better where the machine keeps them. */
  readonly known: readonly string[] | undefined;
  /** Those of the folders, as far as they are no known ones. To read them takes a tenth of a short run, and as a rule there are none. */
  others(): readonly string[];
};

/**
 * The authorities that are trusted: those of SSL_CERT_FILE, which take the place of the machine's, as for OpenSSL; else the machine's, as
 * kubectl finds them. Folders of SSL_CERT_DIR take the place of the machine's, and NODE_EXTRA_CA_CERTS adds to either.
 *
 * Node can find them on Linux too, but reads every file of the folders, each certificate thrice, even where SSL_CERT_FILE is set: that
 * takes as long as its own start.
 *
 * @throws CliError config when SSL_CERT_FILE cannot be read
 */
export async function authorities(env: Environment, system = platform(), places = onLinux): Promise<Authorities> {
  const { SSL_CERT_FILE: named, SSL_CERT_DIR: chosen, NODE_EXTRA_CA_CERTS: extra } = env;
  if (!named && system !== "linux") return { known: undefined, others: () => [] };
  const bundle = certificatesIn([named ? await readNamed(named) : firstOf(places.files)]);
  const added = extra ? await readFile(extra, "utf8").catch(() => "") : "";
  const inFolders = () => certificatesIn(foldersOf(places, { named, chosen, system }).flatMap(textsIn));
  if (bundle.length > 0 || named) {
    const known = new Set([...bundle, ...certificatesIn([added])]);
    return { known: [...known], others: () => inFolders().filter((one) => !known.has(one)) };
  }
  const found = inFolders();
  // A container may have none
  return { known: certificatesIn([...(found.length > 0 ? found : rootCertificates), added]), others: () => [] };
}

type Options = { readonly named: string | undefined; readonly chosen: string | undefined; readonly system: string };

function foldersOf({ folders }: Places, { named, chosen, system }: Options): readonly string[] {
  if (chosen && system === "linux") return chosen.split(":");
  return named ? [] : folders;
}

/** One by one: OpenSSL would take nothing that comes behind one that it cannot read. What has headers is no certificate for Go either. */
const certificatesIn = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [])),
];

const readNamed = (file: string) =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliError("config", `cannot read ${file}, which SSL_CERT_FILE names`, { cause });
  });

function firstOf([file, ...others]: readonly string[]): string {
  if (file === undefined) return "";
  return textOf(file) ?? firstOf(others);
}

/** The texts of the files in a folder. They are a hundred small ones, which takes five times as long with a promise for each. */
function textsIn(folder: string): string[] {
  const entries = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  const own = entries.filter((entry) => entry.isFile() || (entry.isSymbolicLink() && leadsOut(join(folder, entry.name))));
  return own.flatMap(({ name }) => textOf(join(folder, name)) ?? []);
}

/** What only gives a file of the folder another name, as the hash of its subject, is there already. */
const leadsOut = (link: string): boolean => attempt(() => readlinkSync(link))?.includes("/") === true;

const textOf = (file: string): string | undefined => attempt(() => readAtOnce(file));

/** Of a pipe what is in it by now: perhaps nobody ever writes there. */
function readAtOnce(file: string): string {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readFileSync(opened, "utf8");
  } finally {
    closeSync(opened);
  }
}

/** What cannot be read is not there. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What node:tls is told of whom to trust. */
export type Trusting = { readonly rejectUnauthorized: true; readonly secureContext?: SecureContext };

/** Whom is trusted. Who is signed by somebody that is known needs no others, so these are looked for when there is somebody who is not. */
export type Trust = {
  now(): Trusting;
  /** What is left to try for whom `before` does not take: undefined where that were the same. */
  beyond(before: Trusting): Trusting | undefined;
};

/** @throws CliError config when SSL_CERT_FILE cannot be read */
export async function openTrust(env: Environment): Promise<Trust> {
  const { known, others } = await authorities(env);
  let now = trusting(known);
  let whole = known === undefined;
  return {
    now: () => now,
    beyond: (before) => {
      if (!whole) {
        whole = true;
        const more = others();
        if (more.length > 0) now = trusting([...(known ?? []), ...more]);
      }
      return now === before ? undefined : now;
    },
  };
}

/** Node would take anybody for anybody where NODE_TLS_REJECT_UNAUTHORIZED says so, which neither kubectl nor az reads. */
function trusting(ca: readonly string[] | undefined): Trusting {
  const rejectUnauthorized = true;
  return ca ? { rejectUnauthorized, secureContext: createSecureContext({ ca: [...ca] }) } : { rejectUnauthorized };
}
