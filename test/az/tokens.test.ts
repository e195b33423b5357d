import { afterAll, beforeAll, expect, test } from "vitest";
import { loginServer } from "../sandbox/azure/world.ts";
import { type AzWorld, startAzWorld } from "./az-world.ts";

// Other users' az commands: the real Azure CLI must work with the emulated Azure.

let world: AzWorld;
beforeAll(async () => {
  world = await startAzWorld();
}, 1_800_000);
afterAll(() => world.azure.stop());

const az: AzWorld["az"] = (...words) => world.az(...words);
const registryWorld = () => {
  const [registry] = world.azure.world.registries;
  if (!registry) throw new Error("there is no registry");
  return registry;
};
const names = (list: { name: string }[]) => list.map(({ name }) => name);

test("lets az create, change, list and delete scope maps and tokens", { timeout: 300_000 }, async () => {
  const on = "--registry myregistry";
  const map = await az(`acr scope-map create --name mymap ${on} --repository app/web content/read --description mine`);
  expect(map).toMatchObject({ name: "mymap", provisioningState: "Succeeded", actions: ["repositories/app/web/content/read"] });
  const changed = await az(`acr scope-map update --name mymap ${on} --add-repository app/api content/read`);
  expect(changed.actions.sort()).toEqual(["repositories/app/api/content/read", "repositories/app/web/content/read"]);
  expect(names(await az(`acr scope-map list ${on}`))).toContain("mymap");

  const token = await az(`acr token create --name mytoken ${on} --scope-map mymap --expiration-in-days 30`);
  expect(token).toMatchObject({ name: "mytoken", status: "enabled", provisioningState: "Succeeded" });
  expect(token.credentials.passwords.map(({ value }: { value: string }) => value)).toEqual([
    registryWorld().tokens[0]?.passwords.password1?.value,
    registryWorld().tokens[0]?.passwords.password2?.value,
  ]);
  expect(names(await az(`acr token list ${on}`))).toEqual(["mytoken"]);

  const { passwords } = await az(`acr token credential generate --name mytoken ${on} --password2`);
  const [{ value }] = passwords;
  const login = { username: "mytoken", password: value };
  const asked = `https://${loginServer}/oauth2/token?service=${loginServer}&scope=repository:app/web:pull`;
  expect((await world.azure.ask("GET", asked, { login })).status).toBe(200);
  await az(`acr token credential delete --name mytoken ${on} --password2`);
  expect(Object.keys(registryWorld().tokens[0]?.passwords ?? {})).toEqual(["password1"]);
  expect((await world.azure.ask("GET", asked, { login })).status).toBe(401);
  expect(await az(`acr token update --name mytoken ${on} --status disabled`)).toMatchObject({ status: "disabled" });

  await az(`acr token delete --name mytoken ${on} --yes`);
  await az(`acr scope-map delete --name mymap ${on} --yes`);
  expect(registryWorld().tokens).toEqual([]);
  expect(names(registryWorld().scopeMaps)).not.toContain("mymap");
});
