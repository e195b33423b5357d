import { expect, onTestFinished } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { newNamespace, openShell, type Shell } from "../support/plugin.ts";

/** A folder for PATH with the plugin of another platform. */
export type Elsewhere = { readonly path: string; readonly env?: Shell["env"]; remove(): Promise<unknown> };

/**
 * Creates, attaches and checks a pull secret with another platform's program, and compares its output with that of this platform's program.
 */
export async function saysTheSame(open: (here: Shell["env"]) => Promise<Elsewhere>): Promise<void> {
  const shell = await openShell();
  onTestFinished(() => shell.stop());
  const namespace = await newNamespace();
  const other = await open(shell.env);
  onTestFinished(async () => void (await other.remove()));
  const env = { ...other.env, PATH: `${other.path}:${shell.env["PATH"]}` };
  const type = (command: string) => shell.type(command, { env });
  const dryRun = `kubectl acr-secret create other --registry myregistry --repository app/web --dry-run=client -o yaml -n ${namespace}`;

  const version = `Client Version: v${packageJson.version}\n`;
  expect(await type("kubectl acr-secret version --client")).toEqual({ code: 0, stdout: version, stderr: "" });
  expect(await type(dryRun)).toEqual(await shell.type(dryRun));
  const made = await type(`kubectl acr-secret create --registry myregistry --repository app/web -n ${namespace}`);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nsecret\/acr-myregistry created\n$/) });
  const attached = await type(`kubectl acr-secret attach acr-myregistry --serviceaccount default -n ${namespace}`);
  expect(attached).toMatchObject({ code: 0, stdout: "serviceaccount/default patched\n" });
  const check = `kubectl acr-secret check --serviceaccount default --image myregistry.azurecr.io/app/web:1 -n ${namespace}`;
  expect(await type(check)).toEqual(await shell.type(check));
}
