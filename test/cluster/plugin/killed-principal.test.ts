import { afterAll, expect, test, vi } from "vitest";
import { consume } from "../../support/consumer.ts";
import { kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** Whether a login pulls, as another client does. */
async function pulls(login: { username: string; password: string }): Promise<boolean> {
  const somebody = await consume(shell.azure, login);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { pulls: number, refused } = await somebody.stop();
  return number > 0 && refused.length === 0;
}

async function loginIn(namespace: string): Promise<{ username: string; password: string }> {
  const config = await kubectl(["get", "secret", "acr-myregistry", "-n", namespace, "-o", "jsonpath={.data.\\.dockerconfigjson}"]);
  const { auths } = JSON.parse(Buffer.from(config, "base64").toString()) as {
    auths: Record<string, { username: string; password: string }>;
  };
  return auths["myregistry.azurecr.io"] ?? expect.unreachable("there is no login");
}

/** As soon as Azure has been asked for this, the process is killed. */
test.for([/POST .*\/applications$/, /POST .*\/servicePrincipals$/, /PUT .*roleAssignments/, /POST .*addPassword$/, /oauth2\/token/])(
  "killed at %s, a second run makes what is missing and nothing twice",
  { timeout: 90_000 },
  async (moment) => {
    const { azure } = shell;
    const namespace = await newNamespace();
    const name = `killed-${namespace}`;
    const line = [
      "acr-secret",
      "create",
      "--registry",
      "myregistry",
      `--service-principal=${name}`,
      "--serviceaccount",
      "app",
      "-n",
      namespace,
    ];
    azure.calls.reset();
    // Long enough between two requests for the signal to come in between
    const hasten = azure.faults.add({ kind: "slow", path: /./, milliseconds: 60 });
    const child = shell.start("kubectl", line);
    const killed = ended(child);
    const asked = () =>
      azure.calls.list().some(({ method, host, path }) => moment.test(`${method} ${path.split("?")[0]}`) && !/login\./.test(host));
    await vi.waitUntil(asked, { interval: 2, timeout: 20_000 });
    child.kill("SIGKILL");
    expect(await killed).toMatchObject({ code: null });
    hasten();
    // The claim of the run that was killed has ended
    const claim = JSON.stringify({ by: "the run that was killed", until: "2026-01-01T00:00:00Z" });
    await kubectl(["annotate", "--overwrite", "-n", namespace, "secret", "--all", `acr-secret/claim=${claim}`]);

    expect(await shell.type(`kubectl ${line.join(" ")}`)).toMatchObject({ stderr: expect.not.stringContaining("error"), code: 0 });

    const applications = azure.world.applications.filter(({ displayName }) => displayName === name);
    const principals = azure.world.servicePrincipals.filter(({ appId }) => applications.some((one) => one.appId === appId));
    const roles = azure.world.roleAssignments.filter(({ principalId }) => principals.some(({ id }) => id === principalId));
    expect([applications.length, principals.length, roles.length]).toEqual([1, 1, 1]);
    expect(await pulls(await loginIn(namespace))).toBe(true);
    // What nobody knows any more is called by the Secret that it was for
    const [application] = applications;
    expect(application?.secrets.every(({ displayName }) => displayName?.includes(`in namespace ${namespace}`))).toBe(true);
  },
);
