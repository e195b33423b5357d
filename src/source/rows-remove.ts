import { type Held, type Holders, hasOtherKey, uncheckedHolders, whyHeld } from "../credential/holders.ts";
import { isLeftOver } from "../credential/issue.ts";
import type { Shown } from "../credential/issuer.ts";
import { notOwn } from "../credential/owner.ts";
import { CliError, InTheWay } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { isKeyOf } from "../registry/server-key.ts";
import { loginsIn } from "../secret/login.ts";
import { type Credential, isRecorded } from "../secret/record.ts";
import { emptying, forgetting } from "../secret/source.ts";
import { joinNames } from "../wording.ts";
import type { Desired } from "./desired.ts";
import type { Observed } from "./observe.ts";
import { waitUntilShown } from "./rows-login.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { isIssued, issuerOf } from "./wanted.ts";

/** Returns the error if a login that another user added would be lost. */
export function otherLogins({ name, namespace }: Ref, secret: Secret, credential: Credential | undefined): CliError | undefined {
  const others = loginsIn(secret).flatMap(({ server }) => (credential && isKeyOf(credential.host, server) ? [] : [server]));
  if (others.length === 0) return undefined;
  const message = `secret "${name}" in namespace "${namespace}" also holds a login for ${others.join(", ")}`;
  return new InTheWay(message, "add --force to delete that login too");
}

const revokes = (d: Desired, o: Observed): boolean => d.revoke === true && isIssued(o);

/** Before anything changes. */
export const refuseRow: StepRow = {
  when: "the source must stay, another login would be lost, the account is not its own, or a right is missing",
  does: "refuse",
  of: ["remove"],
  decide(d, o) {
    const { secret, record, isHeld, memory, ask } = o;
    const objection = secret && memory.places.size === 0 ? d.objection?.(secret) : undefined;
    if (objection) return steps.refuse(objection);
    if (isHeld || !secret || !record) return undefined;
    const problem = d.onlyAdded || d.force ? undefined : otherLogins(d.source, secret, record);
    if (problem) return steps.refuse(problem);
    return (revokes(d, o) && refuseInexact(d, o, record)) || void ask("rehearsal");
  },
};

/** Whether a Secret counts that holds the credential. @param where `elsewhere`: neither the source nor one of its copies */
export function countsForRevocation(d: Desired, { record, copies }: Observed, where: string): Parameters<Holders["find"]>[1] {
  const isElsewhere = ({ name, namespace = "" }: Ref) =>
    name !== d.source.name || (namespace !== d.source.namespace && !Object.hasOwn(copies, namespace));
  return (one) => (where !== "elsewhere" || isElsewhere(one.to)) && !(record && hasOtherKey(one, record));
}

function refuseHeld({ record }: Observed, held: Held): steps.Step | undefined {
  const why = whyHeld(held);
  if (why === undefined) return undefined;
  const first = held.by ? "delete that Secret first, or " : "";
  const hint = `${first}add --force to end the credential anyway`;
  return steps.refuse(new CliError("conflict", `credential "${record?.identity}" is not revoked, because ${why}`, { hint }));
}

/**
 * Refuses to revoke by a record that does not say what the source holds. Its owners may have changed it, or another user the account. A
 * killed run has left no login, and Azure may not show a young account yet.
 */
function refuseInexact(d: Desired, o: Observed, record: Credential): steps.Step | undefined {
  const { login, ask } = o;
  if (issuerOf(o).hasOwnName && record.identity !== ask("owner").name) return steps.refuse(notOwn(ask("owner"), record, "revoking"));
  if (!login) return undefined;
  const account = ask("account");
  const called = `secret "${d.source.name}" in namespace "${d.source.namespace}"`;
  if (!account.exists) {
    if (ask("test", login.password.hash()).pulls === "no") return undefined;
    const wait = waitUntilShown(d, o);
    if (wait) return wait;
    const hint = "delete it without --revoke, and find the login's account with prune";
    return steps.refuse(new InTheWay(`${called} records ${account.ref.name}, which does not exist, and its login works`, hint));
  }
  const { passwords } = account;
  if (d.force || passwords.length === 0 || passwords.some((one) => isOwn(o, one))) return undefined;
  const hint = `add --force to end all passwords of ${account.ref.name}`;
  return steps.refuse(new InTheWay(`${called} records no password that Azure shows for ${account.ref.name}`, hint));
}

const isOwn = ({ claim, record: credential }: Observed, password: Shown): boolean =>
  isRecorded(credential, password) || isLeftOver({ claim, credential }, password);

const isLeft = ({ memory }: Observed): boolean => [...memory.places.values()].includes("failed");

/** A reference or a copy that could not be removed keeps the credential, except with --force: a leaked password must end now. */
const mayRevoke = (d: Desired, o: Observed): boolean => !o.memory.isRevoked && revokes(d, o) && (!isLeft(o) || d.force);

/** Ends the recorded passwords, with the account unless it has others. With --force, all passwords if the record names none of them. */
function revoke(d: Desired, o: Observed): steps.Step {
  const account = o.ask("account");
  const { passwords } = account;
  const [password, ...more] = passwords.filter((one) => isOwn(o, one));
  const others = passwords.filter((one) => !isOwn(o, one));
  const isInexact = d.force && password === undefined && o.memory.ended.length === 0;
  const isWhole = others.length === 0 || isInexact;
  // Another user may have generated a password since the account was read
  if (isWhole && !o.by.isDry && o.last !== "account") return steps.readOf("account", "");
  if (isWhole) return { kind: "revoke", does: "revoke", account, memory: { isRevoked: true } };
  const slots = joinNames(others.map(({ slot }) => slot));
  const messages = [`${slots} of ${account.ref.name} still works, because secret/${d.source.name} does not record it`];
  if (!password) return steps.decide("revoke", { isRevoked: true }, [{ to: account.ref, messages }]);
  const stays = more.length > 0 ? undefined : messages;
  const say = [{ to: account.ref, result: "configured", slot: password.slot, because: "it is revoked", messages: stays } as const];
  return { kind: "end", does: `end ${password.slot}`, account, password, say, memory: more.length > 0 ? {} : { isRevoked: true } };
}

export const removeRows: readonly StepRow[] = [
  {
    when: "another Secret holds the credential, before anything is taken away",
    does: "refuse, except with --force",
    of: ["remove"],
    decide(d, o) {
      if (!o.record || d.force || o.memory.said.has("elsewhere") || !revokes(d, o)) return undefined;
      const held = o.ask("holder", "elsewhere");
      const say = [{ to: d.source, messages: uncheckedHolders(held.unlisted) }];
      return refuseHeld(o, held) ?? steps.decide("look for holders", steps.saying(o, "elsewhere"), say);
    },
  },
  {
    when: "namespaces have references or copies",
    does: "take them away",
    killed: "the record still names the namespaces",
    of: ["remove"],
    decide(d, o) {
      if (!o.record) return undefined;
      const copied = Object.keys(o.copies).length > 0 ? o.ask("namespaces") : [];
      const namespaces = [d.source.namespace ?? "", ...copied].filter((name) => !o.memory.places.has(name));
      return namespaces.length > 0 && { kind: "withdraw", does: "take away", namespaces };
    },
  },
  {
    when: "a reference or a copy is left",
    does: "keep the credential, except with --force",
    of: ["remove"],
    decide(d, o) {
      if (!isLeft(o) || d.force || o.memory.said.has("left") || !revokes(d, o)) return undefined;
      const messages = [`credential "${o.record?.identity}" was not revoked. To revoke it now, run`];
      const fix = { ...plugin("delete", d.source.name, "--revoke", "--force"), namespace: d.source.namespace };
      return steps.decide("keep the credential", steps.saying(o, "left"), [{ to: d.source, messages, fix }]);
    },
  },
  {
    when: "the source has the login",
    does: "empty it",
    killed: "the record names its passwords",
    of: ["remove"],
    decide: (d, o) =>
      o.login !== undefined && mayRevoke(d, o) && { kind: "write", does: "empty", decide: emptying(o.by, o.record?.host ?? "") },
  },
  {
    when: "a Secret holds the login: its tenant has put it back",
    does: "refuse, except with --force",
    of: ["remove"],
    decide(d, o) {
      if (!o.record || d.force || o.by.isDry || o.memory.said.has("anywhere") || !mayRevoke(d, o)) return undefined;
      return refuseHeld(o, o.ask("holder", "anywhere")) ?? steps.decide("look for holders", steps.saying(o, "anywhere"));
    },
  },
  {
    when: "the credential works",
    does: "delete its account, or end only its own passwords",
    killed: "the next run continues by the record",
    of: ["remove"],
    decide: (d, o) => o.record !== undefined && mayRevoke(d, o) && revoke(d, o),
  },
  {
    when: "something is left",
    does: "release the claim",
    of: ["remove"],
    decide: (d, o) => isLeft(o) && steps.release(d, o, { isDone: true }, [{ to: d.source, left: "failed" }]),
  },
  {
    when: "the plugin can't revoke the credential",
    does: "say so",
    of: ["remove"],
    decide(d, o) {
      if (!d.revoke || !o.record || o.memory.said.has("kind")) return undefined;
      const kind = o.ask("kind");
      if (!("why" in kind)) return undefined;
      const { identity, kind: called } = o.record;
      const messages = [`credential "${identity}" (${called}) still works: ${kind.why}`];
      return steps.decide("keep the credential", steps.saying(o, "kind"), [{ to: d.source, messages, fix: kind.fix }]);
    },
  },
  {
    when: "the record is left",
    does: "delete the source, or only its record and login",
    killed: "nothing is left",
    of: ["remove"],
    decide(d, { by, record, memory }) {
      if (!record) return undefined;
      const forget = forgetting(by, record.host, memory.uid, d.force);
      return { kind: "write", does: "forget", decide: forget, memory: { isDone: true }, print: (edited) => [outcomeOf(d.source, edited)] };
    },
  },
];
