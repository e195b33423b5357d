import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authorities } from "../../../src/http/trust.ts";

let machine: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), "trust-test-"));
});
afterEach(() => rm(machine, { recursive: true }));

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

/** Writes files by their paths. A text that starts with `->` is a symbolic link to an absolute or relative path. */
async function has(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(machine, path);
    await mkdir(join(file, ".."), { recursive: true });
    await (text.startsWith("->")
      ? symlink(text.includes("/") ? join(machine, text.slice(2)) : text.slice(2), file)
      : writeFile(file, text));
  }
}

const places = () => ({
  files: ["certs/bundle.crt", "pki/bundle.pem"].map((path) => join(machine, path)),
  folders: ["certs", "pki"].map((path) => join(machine, path)),
});

const trusted = (env: Readonly<Record<string, string>> = {}) => {
  const here = Object.entries(env).map(([name, paths]) => [name, paths.replaceAll("~", machine)]);
  return authorities(Object.fromEntries(here), "linux", places());
};

type Files = Readonly<Record<string, string>>;

test.for<{ what: string; files: Files; env?: Files; found: readonly string[] }>([
  {
    what: "the first bundle that exists, and each of its authorities once",
    files: {
      "certs/bundle.crt": `${pem("a")}\n# b\n${pem("b")}`,
      "certs/b.pem": "->share/b.crt",
      "share/b.crt": pem("b"),
      "certs/1234abcd.0": "->b.pem",
      "elsewhere/bundle.pem": pem("c"),
    },
    found: [pem("a"), pem("b")],
  },
  {
    what: "certificates that were added to the bundle's folder, or linked from it",
    files: {
      "certs/bundle.crt": pem("a"),
      "certs/corp.pem": pem("corp"),
      "certs/README": "none",
      "certs/team.pem": "->opt/team.pem",
      "opt/team.pem": pem("team"),
      "pki/more.crt": pem("more"),
    },
    found: [pem("a"), pem("corp"), pem("team"), pem("more")],
  },
  {
    what: "all certificates of a Kubernetes volume",
    files: {
      "certs/bundle.crt": "->certs/..data/bundle.crt",
      "certs/corp.crt": "->certs/..data/corp.crt",
      "certs/broken.crt": "->certs/..data/none",
      "certs/..data/bundle.crt": pem("a"),
      "certs/..data/corp.crt": pem("corp"),
    },
    found: [pem("a"), pem("corp")],
  },
  {
    what: "the targets of links when the bundle belongs to another user",
    files: { "certs/bundle.crt": pem("corp"), "certs/a.pem": "->share/a.crt", "share/a.crt": pem("a") },
    found: [pem("corp"), pem("a")],
  },
  {
    what: "the readable certificates, even after an unreadable one",
    files: {
      "certs/bundle.crt": [
        pem("a"),
        "-----BEGIN CERTIFICATE-----\nbroken off",
        pem("b"),
        pem("Proc-Type: 4,ENCRYPTED\nDEK-Info: x-y\n\nc"),
        "-----BEGIN PRIVATE KEY-----\nd\n-----END PRIVATE KEY-----",
        pem("e"),
      ].join("\n"),
    },
    found: [pem("a"), pem("b"), pem("e")],
  },
  { what: "Node's own when the bundle is empty", files: { "certs/bundle.crt": "" }, found: [...rootCertificates] },
  { what: "the other distribution's bundle", files: { "pki/bundle.pem": pem("b") }, found: [pem("b")] },
  { what: "Node's own when the machine has no bundle", files: {}, found: [...rootCertificates] },
  {
    what: "SSL_CERT_FILE instead of the machine's",
    files: { "certs/bundle.crt": pem("a"), "mine.pem": pem("mine") },
    env: { SSL_CERT_FILE: "~/mine.pem" },
    found: [pem("mine")],
  },
  {
    what: "NODE_EXTRA_CA_CERTS too",
    files: { "certs/bundle.crt": pem("a"), "more.pem": pem("more") },
    env: { NODE_EXTRA_CA_CERTS: "~/more.pem" },
    found: [pem("a"), pem("more")],
  },
  {
    what: "NODE_EXTRA_CA_CERTS once when it names the same file",
    files: { "mine.pem": pem("mine") },
    env: { SSL_CERT_FILE: "~/mine.pem", NODE_EXTRA_CA_CERTS: "~/mine.pem" },
    found: [pem("mine")],
  },
  {
    what: "all certificates in the folders of SSL_CERT_DIR, and the bundle",
    files: {
      "certs/bundle.crt": pem("a"),
      "certs/corp.pem": pem("corp"),
      "x/x.pem": pem("x"),
      "y/y.pem": "->z/y.pem",
      "z/y.pem": pem("y"),
    },
    env: { SSL_CERT_DIR: "~/x::~/y:~/none" },
    found: [pem("a"), pem("x"), pem("y")],
  },
  {
    what: "SSL_CERT_FILE and the folders of SSL_CERT_DIR",
    files: { "certs/bundle.crt": pem("a"), "mine.pem": pem("mine"), "x/x.pem": pem("x") },
    env: { SSL_CERT_FILE: "~/mine.pem", SSL_CERT_DIR: "~/x" },
    found: [pem("mine"), pem("x")],
  },
  {
    what: "no authority when SSL_CERT_FILE has no certificate",
    files: { "certs/bundle.crt": pem("a"), "mine.pem": "" },
    env: { SSL_CERT_FILE: "~/mine.pem" },
    found: [],
  },
])("trusts $what", async ({ files, env, found }) => {
  await has(files);

  expect(await trusted(env)).toEqual(found);
});

test("fails when the file in SSL_CERT_FILE does not exist", async () => {
  await expect(trusted({ SSL_CERT_FILE: "/no/such.pem" })).rejects.toMatchObject({
    kind: "config",
    message: "cannot read /no/such.pem, the file in SSL_CERT_FILE",
  });
});

test("leaves the certificates to Node on other systems", async () => {
  expect(await authorities({}, "darwin")).toBeUndefined();
});

test("does not wait for an empty pipe", { timeout: 10_000 }, async () => {
  await has({ "certs/bundle.crt": pem("a"), "certs/pipe.pem": "->opt/pipe" });
  await mkdir(join(machine, "opt"));
  await promisify(execFile)("mkfifo", [join(machine, "opt/pipe")]);

  expect(await trusted()).toEqual([pem("a")]);
});
