import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import { getJson } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const server = "myregistry.azurecr.io";

/**
 * Characters that only Go's JSON escapes, or only JavaScript's, and characters that are special in a shell. All of them are valid in a
 * process argument.
 */
const hostile = fc.oneof(
  fc.constantFrom(
    "<",
    ">",
    "&",
    '"',
    "'",
    "\\",
    "/",
    "`",
    "$",
    "%",
    "\u2028",
    "\u2029",
    "\u007f",
    "\u0085",
    "\ufeff",
    "\ufffd",
    "é",
    "😀",
    "👩‍💻",
  ),
  fc.constantFrom(" ", "\t", "\n", "\r", "\b", "\f", "\v", "\u0001", "\u001b", "\u001f", "\\n", "\\u2028", "{{", "=", ",", ":"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }).filter((text) => !text.includes("\0")),
);

/** `docker login` and the plugin remove one newline from the end of stdin, so a password that ends with one cannot be piped. */
const password = fc
  .array(hostile, { minLength: 1, maxLength: 24 })
  .map((parts) => parts.join(""))
  .filter((text) => text.isWellFormed() && !/[\r\n]$/.test(text));

const passwords = sampled(fc.sample(password, { numRuns: 200, seed: 20_260_101 }), 20);

const kubectlMakes = async (text: string) => {
  const flags = [`--docker-server=${server}`, "--docker-username=ci", `--docker-password=${text}`, "--dry-run=client", "--output=json"];
  const { stdout, stderr } = await ended(shell.start("kubectl", ["create", "secret", "docker-registry", "any", ...flags]));
  expect(stderr).toBe("");
  return decoded(JSON.parse(stdout));
};

const decoded = ({ data }: Secret) => Buffer.from(data?.[".dockerconfigjson"] ?? "", "base64").toString();

test("writes the same bytes as kubectl for any password", { timeout: 180_000 }, async () => {
  const theirs: string[] = [];
  for (const text of passwords) theirs.push(await kubectlMakes(text));

  expect(passwords.map((text) => encodeDockerConfig(server, { username: "ci", password: new Sensitive(text) }))).toEqual(theirs);
});

test("writes a piped password unchanged", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  const sample = passwords.filter((_, index) => index % 10 === 0);

  for (const [index, stdin] of sample.entries()) {
    const flags = `--registry ${server} --username ci --password-stdin --verify=false -n ${namespace}`;
    const { code, stderr } = await shell.type(`kubectl acr-secret create s-${index} ${flags}`, { stdin: `${stdin}\n` });
    const hint = `hint: kubectl acr-secret attach -n ${namespace} s-${index} --serviceaccount default\n`;
    const warning = `Warning: the rights of login "ci" at ${server} are not checked\n`;
    expect({ code, stderr }).toEqual({ code: 0, stderr: warning + hint });
    expect(decoded(await getJson<Secret>("secret", `s-${index}`, "-n", namespace))).toBe(await kubectlMakes(stdin));
  }
});
