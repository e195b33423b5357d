import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authorities } from "../../../src/http/trust.ts";

let machine: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), "trust-test-"));
});
afterEach(() => rm(machine, { recursive: true }));

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

/** Lays out files by their paths; a text that begins with `->` is a link. */
async function has(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(machine, path);
    await mkdir(join(file, ".."), { recursive: true });
    await (text.startsWith("->") ? symlink(join(machine, text.slice(2)), file) : writeFile(file, text));
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

test.for([
  {
    what: "the first bundle there is, and not what the links beside it lead to",
    files: { "certs/bundle.crt": pem("a"), "certs/1234abcd.0": "->share/a.crt", "share/a.crt": pem("a"), "elsewhere/bundle.pem": pem("b") },
    found: [pem("a")],
  },
  {
    what: "what somebody has put beside the bundle",
    files: { "certs/bundle.crt": pem("a"), "certs/corp.pem": pem("corp"), "certs/README": "none", "pki/team.crt": pem("team") },
    found: [pem("a"), pem("corp"), pem("team")],
  },
  {
    what: "links where there is no bundle, as a volume of Kubernetes has them",
    files: { "certs/ca.crt": "->data/ca.crt", "data/ca.crt": pem("mounted"), "certs/broken.crt": "->data/none" },
    found: [pem("mounted")],
  },
  { what: "the other distribution's bundle", files: { "pki/bundle.pem": pem("b") }, found: [pem("b")] },
  { what: "Node's own where the machine has none", files: {}, found: [...rootCertificates] },
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
    what: "NODE_EXTRA_CA_CERTS once, where it names the same file",
    files: { "mine.pem": pem("mine") },
    env: { SSL_CERT_FILE: "~/mine.pem", NODE_EXTRA_CA_CERTS: "~/mine.pem" },
    found: [pem("mine")],
  },
  {
    what: "all in the folders of SSL_CERT_DIR, beside the bundle",
    files: { "certs/bundle.crt": pem("a"), "certs/corp.pem": pem("corp"), "x/x.pem": pem("x"), "y/y.pem": "->x/x.pem" },
    env: { SSL_CERT_DIR: "~/x:~/y:~/none" },
    found: [pem("a"), pem("x"), pem("x")],
  },
])("trusted is $what", async ({ files, env, found }) => {
  await has(files);

  expect(await trusted(env)).toEqual(found);
});

test("a file that SSL_CERT_FILE names has to be there", async () => {
  await expect(trusted({ SSL_CERT_FILE: "/no/such.pem" })).rejects.toMatchObject({
    kind: "config",
    message: "cannot read /no/such.pem, which SSL_CERT_FILE names",
  });
});

test("where Node knows better, it is left to Node", async () => {
  expect(await authorities({}, "darwin")).toBeUndefined();
});
