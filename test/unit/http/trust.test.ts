import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { getCACertificates, rootCertificates } from "node:tls";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAuthority } from "../../../sandbox/pki.ts";
import { authorities } from "../../../src/http/trust.ts";

let machine: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), "trust-test-"));
});
afterEach(() => rm(machine, { recursive: true }));

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

/** Writes files by their paths. A text that starts with `->` is a symbolic link. */
async function has(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(machine, path);
    await mkdir(join(file, ".."), { recursive: true });
    await (text.startsWith("->") ? symlink(join(machine, text.slice(2)), file) : writeFile(file, text));
  }
}

type Files = Readonly<Record<string, string>>;

const inMachine = (env: Files) => Object.fromEntries(Object.entries(env).map(([name, paths]) => [name, paths.replaceAll("~", machine)]));

test.for<{ what: string; files: Files; env: Files; found: readonly string[] }>([
  {
    what: "SSL_CERT_FILE instead of the machine's",
    files: { "mine.pem": `${pem("mine")}\n# b\n${pem("b")}` },
    env: { SSL_CERT_FILE: "~/mine.pem" },
    found: [pem("mine"), pem("b")],
  },
  {
    what: "the readable certificates, even after an unreadable one",
    files: {
      "mine.pem": [
        pem("a"),
        "-----BEGIN CERTIFICATE-----\nbroken off",
        pem("b"),
        pem("Proc-Type: 4,ENCRYPTED\nDEK-Info: x-y\n\nc"),
        "-----BEGIN PRIVATE KEY-----\nd\n-----END PRIVATE KEY-----",
        pem("e"),
      ].join("\n"),
    },
    env: { SSL_CERT_FILE: "~/mine.pem" },
    found: [pem("a"), pem("b"), pem("e")],
  },
  {
    what: "NODE_EXTRA_CA_CERTS too",
    files: { "mine.pem": pem("mine"), "more.pem": pem("more") },
    env: { SSL_CERT_FILE: "~/mine.pem", NODE_EXTRA_CA_CERTS: "~/more.pem" },
    found: [pem("mine"), pem("more")],
  },
  {
    what: "NODE_EXTRA_CA_CERTS once when it names the same file",
    files: { "mine.pem": pem("mine") },
    env: { SSL_CERT_FILE: "~/mine.pem", NODE_EXTRA_CA_CERTS: "~/mine.pem" },
    found: [pem("mine")],
  },
  {
    what: "all certificates of a Kubernetes volume in SSL_CERT_DIR",
    files: {
      "mine.pem": pem("mine"),
      "x/a.crt": "->x/..data/a.crt",
      "x/broken.crt": "->x/..data/none",
      "x/..data/a.crt": pem("a"),
      "x/README": "none",
    },
    env: { SSL_CERT_FILE: "~/mine.pem", SSL_CERT_DIR: ["~/x", "", "~/none"].join(delimiter) },
    found: [pem("mine"), pem("a")],
  },
  {
    what: "every folder in SSL_CERT_DIR",
    files: { "mine.pem": "", "x/x.pem": pem("x"), "y/y.pem": "->z/y.pem", "z/y.pem": pem("y") },
    env: { SSL_CERT_FILE: "~/mine.pem", SSL_CERT_DIR: ["~/x", "~/y"].join(delimiter) },
    found: [pem("x"), pem("y")],
  },
  {
    what: "no authority when SSL_CERT_FILE has no certificate",
    files: { "mine.pem": "" },
    env: { SSL_CERT_FILE: "~/mine.pem" },
    found: [],
  },
])("trusts $what", async ({ files, env, found }) => {
  await has(files);

  expect(await authorities(inMachine(env))).toEqual(found);
});

test("fails when the file in SSL_CERT_FILE does not exist", async () => {
  await expect(authorities({ SSL_CERT_FILE: "/no/such.pem" })).rejects.toMatchObject({
    kind: "config",
    message: "cannot read /no/such.pem, the file in SSL_CERT_FILE",
  });
});

test("trusts the machine's certificates and those of NODE_EXTRA_CA_CERTS", async () => {
  await has({ "more.pem": pem("more") });
  const found = await authorities(inMachine({ NODE_EXTRA_CA_CERTS: "~/more.pem" }));

  expect(found.at(-1)).toBe(pem("more"));
  expect(found).toEqual(expect.arrayContaining(getCACertificates("system")));
});

/** Returns the authorities that a process trusts whose Node finds the machine's certificates at this path. */
async function trustedOn(path: string): Promise<string[]> {
  const module = pathToFileURL(join(import.meta.dirname, "../../../src/http/trust.ts"));
  const script = `import { authorities } from ${JSON.stringify(module)}; console.log(JSON.stringify(await authorities({})));`;
  const env = { SSL_CERT_FILE: join(machine, path), SSL_CERT_DIR: join(machine, "none") };
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
    env,
    maxBuffer: 10 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

test.runIf(process.platform === "linux")("trusts Node's own certificates only when the machine has none", async () => {
  const { certificate } = await createAuthority("machine");
  await has({ "bundle.pem": certificate });

  expect((await trustedOn("bundle.pem")).map((text) => text.trim())).toEqual([certificate.trim()]);
  expect(await trustedOn("nothing.pem")).toEqual([...rootCertificates]);
});
