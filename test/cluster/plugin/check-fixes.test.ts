import { afterAll, describe, expect, test } from "vitest";
import { having, ours, placeOf, type Situation, workload } from "../../support/check-shell.ts";
import { openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";
import { fixable } from "../../support/situations/fixable.ts";
import { fixableByName } from "../../support/situations/fixable-by-name.ts";
import { fixableForAll } from "../../support/situations/fixable-for-all.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
await shell.azure.push("myregistry.azurecr.io/app/api:1");
afterAll(() => shell.stop());

const login = shell.azure.addServicePrincipal("puller", ["AcrPull"]);

const situations: readonly Situation[] = [...fixable(shell), ...fixableByName(shell, login), ...fixableForAll(shell)];

async function paste(fixes: readonly string[], { password }: Situation): Promise<void> {
  const env: Record<string, string> = password ? { PASSWORD: await password() } : {};
  for (const fix of fixes) {
    const { code, stderr } = await shell.type(fix, { env });
    expect(code, `${fix}\n${stderr}`).toBe(0);
  }
}

describe("prints a fix that works as printed", () => {
  test.for(sampled(situations, 6))("$what", { timeout: 60_000 }, async (situation) => {
    const { prepare, cause, message, fixPattern = /./, check = "", kept } = situation;
    const at = await placeOf(shell);
    await prepare(at);
    const before = await at.check(check);
    expect(new Set(before.items.map((item) => item.cause)), JSON.stringify(before)).toEqual(new Set([cause]));
    expect(before.code).toBe(1);
    const [first] = before.items;
    if (message) expect([first?.message, ...(first?.notes ?? [])].join("\n* ")).toMatch(message);
    const fixes = [...new Set(before.items.map(({ fix = "" }) => fix))];
    expect(fixes.join("\n")).toMatch(fixPattern);

    await paste(fixes, situation);

    // Controllers need time to recreate pods.
    const wanted = { code: 0, items: before.items.map(() => "pulls") };
    let after: unknown;
    await until(async () => {
      const { code, items } = await at.check(check);
      after = { code, items: items.map((item) => item.cause) };
      return JSON.stringify(after) === JSON.stringify(wanted);
    }).catch(() => {});
    expect(after, fixes.join("\n")).toEqual(wanted);
    await kept?.(at);
  });
});

test("prints a fix for a disabled token that names the command that enables it", async () => {
  const at = await placeOf(shell);
  await at.typed(ours("mine", "--serviceaccount=default"));
  for (const token of shell.azure.world.registries[0]?.tokens ?? []) token.status = "disabled";
  await having(at, workload("Deployment"));
  const [item] = (await at.check()).items;

  expect(item?.cause).toBe("refused");
  expect(await shell.type(item?.fix ?? "")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is disabled\nhint: az acr token update --registry myregistry --name \S+ --status enabled$/m),
  });
});
