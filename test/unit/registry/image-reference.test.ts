import fc from "fast-check";
import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { formatImage, parseImage } from "../../../src/registry/image-reference.ts";

const digest = `sha256:${"a1".repeat(32)}`;

test.for([
  ["nginx", "docker.io", "library/nginx", "latest"],
  ["bitnami/redis:7", "docker.io", "bitnami/redis", "7"],
  ["index.docker.io/nginx", "docker.io", "library/nginx", "latest"],
  ["myregistry.azurecr.io/team/app:1", "myregistry.azurecr.io", "team/app", "1"],
  ["myregistry.azurecr.io:8443/app", "myregistry.azurecr.io:8443", "app", "latest"],
  [`myregistry.azurecr.io/app@${digest}`, "myregistry.azurecr.io", "app", digest],
  ["localhost/app", "localhost", "app", "latest"],
  ["localhost:5000/app", "localhost:5000", "app", "latest"],
  ["[::1]:5000/app:v1.2_3-rc", "[::1]:5000", "app", "v1.2_3-rc"],
  ["Team/app", "Team", "app", "latest"], // a first part with capital letters can only be a host
  ["my_registry.example.com/app:v1", "my_registry.example.com", "app", "v1"],
  ["my__registry.example.com/team/app", "my__registry.example.com", "team/app", "latest"],
  ["a/b_c/d__e/f--g/h.i", "docker.io", "a/b_c/d__e/f--g/h.i", "latest"],
] as const)("reads %s as host %s, repository %s, reference %s", ([text, host, repository, reference]) => {
  expect(parseImage(text)).toEqual({ host, repository, reference });
});

test("uses the digest and prints the tag when an image has both", () => {
  const text = `myregistry.azurecr.io/app:1@${digest}`;

  expect(parseImage(text)).toEqual({ host: "myregistry.azurecr.io", repository: "app", reference: digest, tag: "1" });
  expect(formatImage(parseImage(text))).toBe(text);
});

test.for([
  ["myregistry.azurecr.io/App", "invalid reference format: repository name (App) must be lowercase"],
  ["App", "invalid reference format: repository name (library/App) must be lowercase"],
  ["", "invalid reference format"],
  ["myregistry.azurecr.io/", "invalid reference format"],
  ["myregistry.azurecr.io/app:", "invalid reference format"],
  ["myregistry.azurecr.io/app:-1", "invalid reference format"],
  [`myregistry.azurecr.io/app:${"1".repeat(129)}`, "invalid reference format"],
  ["myregistry.azurecr.io/app@sha256:abc", "invalid reference format"],
  [`myregistry.azurecr.io/app@${digest}@${digest}`, "invalid reference format"],
  ["myregistry.azurecr.io//app", "invalid reference format"],
  ["https://myregistry.azurecr.io/app", "invalid reference format"],
  ["my_registry.example.com:443/app", "invalid reference format"],
  ["my___registry.example.com/app", "invalid reference format"],
  ["My_registry.example.com/app", "invalid reference format"],
  [`my_registry.example.com/${"a".repeat(250)}`, "invalid reference format"],
  [" nginx", "invalid reference format"],
  ["nginx\n", "invalid reference format"],
  [`a/${"b".repeat(256)}`, "invalid reference format"],
  ["a".repeat(64), `invalid repository name (${"a".repeat(64)}), cannot specify 64-byte hexadecimal strings`],
] as const)("rejects %j: %s", ([text, why]) => {
  expect(() => parseImage(text)).toThrow(new CliError("usage", `couldn't parse image name ${JSON.stringify(text)}: ${why}`));
});

test("formats an image so that it parses to the same image", () => {
  const part = fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)?$/);
  const reference = fc.oneof(fc.stringMatching(/^\w[\w.-]{0,20}$/), fc.constant(digest));
  const image = fc.record({
    host: fc.constantFrom("myregistry.azurecr.io", "localhost:5000", "docker.io"),
    repository: part.map((it) => `x/${it}`),
    reference,
  });

  fc.assert(
    fc.property(image, (it) => {
      expect(parseImage(formatImage(it))).toEqual(it);
    }),
  );
});
