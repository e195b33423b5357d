import { expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { newNamespace, openShell } from "../support/plugin.ts";
import { onWindows, underWine } from "./windows.ts";

test("on Windows, a pull secret is made, attached and checked, in the words of Linux", { timeout: 600_000 }, async () => {
  const shell = await openShell();
  onTestFinished(() => shell.stop());
  const namespace = await newNamespace();
  const windows = await underWine();
  onTestFinished(() => windows.remove());
  const { KUBECONFIG = "", SSL_CERT_FILE = "", KUBECACHEDIR = "", PATH } = shell.env as Record<string, string>;
  const files = { SSL_CERT_FILE: onWindows(SSL_CERT_FILE), KUBECACHEDIR: onWindows(KUBECACHEDIR) };
  // Linux's kubectl finds the plugin, and does not read a kubeconfig for that
  const env = { ...windows.env, ...files, KUBECONFIG: onWindows(KUBECONFIG), PATH: `${windows.path}:${PATH}` };
  const type = (command: string) => shell.type(command, { env });
  const dryRun = `kubectl acr-secret create other --registry myregistry --repository app/web --dry-run=client -o yaml -n ${namespace}`;

  expect(await type("kubectl acr-secret version --client")).toEqual({
    code: 0,
    stdout: `Client Version: v${packageJson.version}\n`,
    stderr: "",
  });
  expect(await type(dryRun)).toEqual(await shell.type(dryRun));
  const made = await type(`kubectl acr-secret create --registry myregistry --repository app/web -n ${namespace}`);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nsecret\/acr-myregistry created\n$/) });
  const attached = await type(`kubectl acr-secret attach acr-myregistry --serviceaccount default -n ${namespace}`);
  expect(attached).toMatchObject({ code: 0, stdout: "serviceaccount/default patched\n" });
  const check = `kubectl acr-secret check --serviceaccount default --image myregistry.azurecr.io/app/web:1 -n ${namespace}`;
  expect(await type(check)).toEqual(await shell.type(check));
});
