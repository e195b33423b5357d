import { afterAll, describe, expect, test } from "vitest";
import { having, type Item, ours, type Place, placeOf, type Situation, workload } from "../../support/check-shell.ts";
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

/** Pastes each command, and the command of `hint` that it prints. */
async function paste(items: readonly Item[], { password, hint }: Situation): Promise<string[]> {
  const env: Record<string, string> = password ? { PASSWORD: await password() } : {};
  const fixes = [...new Set(items.map(({ fix = "" }) => fix))];
  for (const fix of fixes) {
    const { code, stderr } = await shell.type(fix, { env });
    expect(code, `${fix}\n${stderr}`).toBe(0);
    if (!hint) continue;
    const [, next = expect.unreachable(`no command like ${hint} in ${stderr}`)] = /^ {2}(kubectl .*)$/m.exec(stderr) ?? [];
    expect(next).toMatch(hint);
    expect(await shell.type(next), next).toMatchObject({ code: 0 });
  }
  return fixes;
}

/** Checks until all images have a cause: controllers need time to recreate pods. */
async function settled({ check }: Place, more: string, cause: string) {
  let checked: Awaited<ReturnType<Place["check"]>> | undefined;
  const isSettled = async () => {
    checked = await check(more);
    return checked.items.length > 0 && checked.items.every((item) => item.cause === cause);
  };
  await until(isSettled).catch(() => {});
  return checked ?? expect.unreachable("the check has ended");
}

describe("prints a fix that works as printed", () => {
  test.for(sampled(situations, 6))("$what", { timeout: 60_000 }, async (situation) => {
    const { prepare, cause, message, fixPattern = /./, check = "", byHand = [], next, kept } = situation;
    const at = await placeOf(shell);
    await prepare(at);
    const before = await at.check(check);
    expect(new Set(before.items.map((item) => item.cause)), JSON.stringify(before)).toEqual(new Set([cause]));
    expect(before.code).toBe(1);
    const [first] = before.items;
    if (message) expect([first?.message, ...(first?.notes ?? [])].join("\n* ")).toMatch(message);

    const fixes = await paste(before.items, situation);
    expect(fixes.join("\n")).toMatch(fixPattern);
    await at.typed(...byHand);
    if (next !== undefined) fixes.push(...(await paste((await settled(at, check, next)).items, situation)));

    const { code, items } = await settled(at, check, "pulls");
    const after = { code, items: items.map((item) => item.cause) };
    expect(after, fixes.join("\n")).toEqual({ code: 0, items: before.items.map(() => "pulls") });
    await kept?.(at);
  });
});

test("prints a fix for a disabled token that does not enable it", async () => {
  const at = await placeOf(shell);
  await at.typed(ours("mine", "--serviceaccount=default"));
  for (const token of shell.azure.world.registries[0]?.tokens ?? []) token.status = "disabled";
  await having(at, workload("Deployment"));
  const [item] = (await at.check()).items;

  expect(item?.cause).toBe("refused");
  expect(await shell.type(item?.fix ?? "")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is disabled\nhint: find out why/),
  });
});
