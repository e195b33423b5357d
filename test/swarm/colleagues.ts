import type { Act } from "../unit/walk/play.ts";

const own = /^(app|b|c)-acr-myregistry-/;

/** Colleagues who use az and terraform in the same registry. */
export const colleagues: readonly Act[] = [
  function azDeletesAToken({ world: { azure } }) {
    const [name] = [...azure.tokens.keys()].filter((one) => own.test(one));
    if (name !== undefined) azure.removeToken(name);
  },
  function azEndsPassword2({ world: { azure } }) {
    for (const [name, { passwords }] of azure.tokens) if (own.test(name)) passwords.delete("password2");
  },
  function azEndsAKey({ world: { azure } }) {
    azure.directory.applications[0]?.keys.shift();
  },
  function terraformMakesAToken({ world: { azure } }) {
    azure.putScopeMap({ name: "theirs", actions: ["repositories/app/web/content/read"] });
    if (!azure.tokens.has("theirs")) azure.putToken("theirs", ["password1", "password2"]);
  },
  function terraformReplacesItsPassword({ world: { azure } }) {
    if (azure.tokens.has("theirs")) azure.generate("theirs", "password1");
  },
];
