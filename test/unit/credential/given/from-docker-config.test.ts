import { expect, test } from "vitest";
import { loginIn } from "../../../../src/credential/given/from-docker-config.ts";

const host = "myregistry.azurecr.io";
const auth = (text: string) => Buffer.from(text).toString("base64");
const refreshToken = { auth: auth("00000000-0000-0000-0000-000000000000:"), identitytoken: "eyJ-hunter2" };

test.for([
  { what: "an auth", auths: { [host]: { auth: auth("ci:hunter2") } } },
  { what: "a user name and a password", auths: { [host]: { username: "ci", password: "hunter2" } } },
  { what: "a key that is an address", auths: { [`https://${host}/v2/`]: { auth: auth("ci:hunter2") } } },
  { what: "a pattern", auths: { "*.azurecr.io": { auth: auth("ci:hunter2") } } },
  { what: "several", auths: { "ghcr.io": { auth: auth("x:y") }, [host]: { auth: auth("ci:hunter2") } }, credsStore: "desktop" },
])("finds $what", ({ what: _, ...config }) => {
  const { username, password } = loginIn(JSON.stringify(config), host);

  expect([username, password.reveal()]).toEqual(["ci", "hunter2"]);
});

test.for([
  { text: "", message: "the docker config is empty" },
  { text: " \n", message: "the docker config is empty" },
  { text: "hunter2", message: "the docker config is not JSON" },
  { config: { auths: { [host]: { auth: "!hunter2" } } }, message: "the docker config cannot be read: illegal base64 data at input byte 0" },
  { config: {}, message: `the docker config has no login for ${host}`, hint: `docker login ${host}` },
  {
    config: { auths: { "ghcr.io": { auth: auth("x:hunter2") }, "a.io": {} } },
    message: `the docker config has no login for ${host} (found: ghcr.io, a.io)`,
    hint: `docker login ${host}`,
  },
  { config: { auths: { [host]: {} } }, message: `the docker config has no user name and password for ${host}` },
  {
    config: { auths: { [host]: {} }, credsStore: "desktop" },
    message: `the docker config stores the login for ${host} in docker-credential-desktop`,
    hint: {
      do: "shell",
      argv: ["echo", host],
      into: ["docker-credential-desktop", "get"],
      when: "run this, and pass the printed login with --username and --password-stdin",
    },
  },
  {
    config: { credHelpers: { [host]: "acr-env" }, credsStore: "desktop" },
    message: `the docker config stores the login for ${host} in docker-credential-acr-env`,
  },
  {
    config: { auths: { [host]: refreshToken }, credsStore: "desktop" },
    message: `the docker config holds an identity token for ${host}, which the kubelet cannot use`,
    hint: "omit --from-docker-config to create a credential that can pull",
  },
  { config: { auths: { [host]: null } }, message: `the docker config has no user name and password for ${host}` },
])("rejects $text$config: $message", ({ text, config, message, hint }) => {
  const read = () => loginIn(text ?? JSON.stringify(config), host);

  expect(read).toThrow(expect.objectContaining({ kind: "usage", message, ...(hint && { hint }) }));
  expect(read).not.toThrow(/hunter2/);
});
