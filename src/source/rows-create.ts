import type { Account } from "../credential/issuer.ts";
import { kindCalled } from "../credential/kinds.ts";
import { notOwn } from "../credential/owner.ts";
import { lackingIn } from "../credential/repository-scope.ts";
import { InTheWay } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import { fileId, parseAzureOwner } from "../secret/azure-words.ts";
import { type Credential, isSameFile } from "../secret/record.ts";
import type { Claiming } from "../secret/source.ts";
import { nameInPlace } from "../wording.ts";
import type { Creating, Desired, FileOrder } from "./desired.ts";
import type { Observed } from "./observe.ts";
import { unshownRow, youngRow } from "./rows-login.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { isCovered, issuerOf, obstacleFor, scopeFor, stayingIn, testOf } from "./wanted.ts";

/** Says which wishes of the command line the kept login does not meet, and what was not tested. */
function keptWith(d: Desired, { file }: Creating, o: Observed): string[] {
  const { name } = d.source;
  const { expiresAt } = o.record ?? {};
  const isLong = !file && d.expiresAt !== undefined && (expiresAt === undefined || expiresAt > d.expiresAt);
  const now = expiresAt === undefined ? "never expires" : `works until ${expiresAt}`;
  const { untestedBecause } = testOf(d, o);
  return [
    ...(isLong ? [`secret/${name} keeps its password, which ${now}. To use --expires-in, run rotate with it`] : []),
    ...(untestedBecause === undefined ? [] : [`secret/${name} keeps its password, which was not tested: ${untestedBecause}`]),
  ];
}

/** Another kind of credential is a rotation: pods may still start with the old one, so it does not end now. */
function leftBehind({ source }: Desired, { registry, file }: Creating, old: Credential | undefined): Outcome[] {
  if (!old || file?.endsReplaced || kindCalled(old.kind)?.notRenewable !== undefined) return [];
  const messages = [`${old.kind} ${old.identity} still works. To end it once no Secret holds it, run`];
  return [{ to: source, messages, fix: plugin("prune", "--registry", registry) }];
}

/** A new account has no password, so the claim already notes the slot. */
function claimFor(d: Desired, creates: Creating, o: Observed): steps.Step {
  const { shape } = creates;
  const owner = o.ask("owner");
  const account = o.ask("account");
  const slot = account.exists ? undefined : issuerOf(o).slotFor(account, undefined, () => false, owner);
  const noted = slot === undefined ? undefined : { slot };
  const claiming: Claiming = { creates: { shape, obstacle: obstacleFor(d, creates, o) }, identity: owner.name, intent: noted };
  return steps.claim(d, o, claiming, noted);
}

const ofFile = (to: Ref<"secret">) =>
  new InTheWay(
    `the credential of ${nameInPlace(to)} belongs to a file of apply, which can narrow or end it`,
    "apply that file, use another name, or add --force to accept this",
  );

const changedMeanwhile = (to: Ref<"secret">, what: string) =>
  new InTheWay(`${what} has changed since this run read it, so ${nameInPlace(to)} stays as it is`, "run the command again", "platform");

/**
 * Whether a file may change an account. It is new, or the file's own, or it is as it was compared with the file.
 * @param known the repositories that it may lose, or keeps
 */
function isAsCompared({ exists, describedAs, granted = [] }: Account, known: readonly string[], file: FileOrder): boolean {
  const maker = parseAzureOwner(describedAs ?? "")?.file;
  const isNew = !exists && describedAs === undefined;
  if (isNew || maker === fileId(file)) return true;
  return maker === file.maker && lackingIn([...known, ...(file.granted ?? [])], granted).length === 0;
}

export const createRows: readonly StepRow[] = [
  {
    when: "the namespaces of the run are not read",
    does: "read them, and print which ones the run skips and what a file takes over",
    of: ["create"],
    decide(_, o) {
      const { say } = o.ask("places");
      return !o.memory.said.has("places") && steps.decide("say what is selected", steps.saying(o, "places"), say);
    },
  },
  {
    when: "the login of the source pulls what is wanted, and nothing is claimed",
    does: "keep it, without a request to Azure",
    of: ["create"],
    decide(d, o) {
      const { secret, record, memory } = o;
      if (!d.creates || !secret || memory.kept !== undefined || memory.stored !== undefined || !isCovered(d, d.creates, o))
        return undefined;
      const messages = keptWith(d, d.creates, o);
      const say = [{ to: d.source, result: "unchanged", because: "holds this credential", object: secret, messages } as const];
      return steps.decide("keep the login", { kept: steps.passwordOf(record) }, say);
    },
  },
  {
    when: "the Secret can't be the source of the credential",
    does: "refuse",
    of: ["create"],
    decide(d, o) {
      if (!d.creates || !o.secret || o.isHeld || steps.isSupplied(o)) return undefined;
      const problem = obstacleFor(d, d.creates, o)(o.secret);
      return problem && steps.refuse(problem);
    },
  },
  youngRow,
  unshownRow,
  {
    when: "the source holds the login of another token, which pulls",
    does: "refuse, or generate a password with --force",
    of: ["create"],
    kind: "issued",
    decide(d, o) {
      const issuer = issuerOf(o);
      const { record, ask } = o;
      if (steps.isSupplied(o) || d.force || record?.kind !== issuer.kind || !issuer.hasOwnName || testOf(d, o).pulls === "no")
        return undefined;
      const owner = ask("owner");
      return record.identity !== owner.name && steps.refuse(notOwn(owner, record));
    },
  },
  {
    when: "without a file and a record, and Azure names a file",
    does: "refuse, except with --force",
    of: ["create"],
    kind: "issued",
    decide(d, o) {
      if (d.creates?.file || d.force || o.isHeld || steps.isSupplied(o) || o.record?.kind === issuerOf(o).kind) return undefined;
      const described = parseAzureOwner(o.ask("account").describedAs ?? "");
      return described?.file !== undefined && steps.refuse(ofFile(d.source));
    },
  },
  {
    when: "a file asks for it, and its namespace or what Azure shows is not what the file was compared with",
    does: "refuse",
    of: ["create"],
    kind: "issued",
    decide(d, o) {
      const { file, repositories = [] } = d.creates ?? {};
      if (!file || o.memory.granted || steps.isSupplied(o)) return undefined;
      const { namespaceUid } = o.ask("owner");
      if (file.uid !== undefined && namespaceUid !== file.uid)
        return steps.refuse(changedMeanwhile(d.source, `namespace "${d.source.namespace}"`));
      const account = o.ask("account");
      const isOfFile = file.adopts || isSameFile(file, o.record?.file);
      const known = [...repositories, ...(isOfFile ? (o.record?.repositories ?? []) : [])];
      return !isAsCompared(account, known, file) && steps.refuse(changedMeanwhile(d.source, account.ref.name));
    },
  },
  {
    when: "rights or a password are wanted, and the source is not claimed",
    does: "claim it (in a new Secret if there is none, with the slot if the account is new)",
    killed: "the next run takes over what the claim notes",
    of: ["create"],
    kind: "issued",
    decide(d, o) {
      if (!d.creates || o.isHeld || steps.isSupplied(o)) return undefined;
      // What can be refused is refused before anything changes
      o.ask("account");
      scopeFor(d, o);
      o.ask("repositories");
      return claimFor(d, d.creates, o);
    },
  },
  {
    when: "it is not known that Azure grants what is wanted",
    does: "create and grant what is missing, and withdraw what --exact or a file omits",
    killed: "the next run finds it by the name in the claim",
    of: ["create"],
    kind: "issued",
    isHeld: true,
    decide(d, o) {
      if (!d.creates || o.memory.granted || steps.isSupplied(o)) return undefined;
      const account = o.ask("account");
      const left = o.record?.kind === issuerOf(o).kind ? [] : leftBehind(d, d.creates, o.record);
      const staying = stayingIn(d, d.creates, issuerOf(o).isScoped ? account.granted : undefined) ?? [];
      const say = [...left, ...staying.flatMap(({ why }) => (why === "later" ? [] : [{ to: d.source, error: why }]))];
      return { kind: "grant", does: "grant", account, repositories: scopeFor(d, o).repositories, say };
    },
  },
];
