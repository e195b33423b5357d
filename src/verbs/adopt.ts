import { kindCalled } from "../credential/kinds.ts";
import { lackingIn } from "../credential/repository-scope.ts";
import { InTheWay } from "../errors.ts";
import { type Command, flag, type Hint, plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import { azureName, fileId } from "../secret/azure-words.ts";
import { loginsIn } from "../secret/login.ts";
import { type Credential, credentialOf, type FileIdentity, isSameFile } from "../secret/record.ts";
import { isCopyOf } from "../secret/source.ts";
import type { FileOrder } from "../source/desired.ts";
import type { Places } from "../source/places.ts";
import { unnamedIn } from "../source/wanted.ts";
import { inLine, nameInPlace } from "../wording.ts";

/** What a run wants to do with a source. */
type TakeOver = {
  readonly source: Ref<"secret">;
  readonly registry: string;
  readonly kind: string;
  readonly repositories: readonly string[];
  readonly file: FileOrder | undefined;
  /** The current command. */
  readonly again: Command;
};

/** `file teams in namespace platform` */
export const fileWords = ({ home, name }: FileIdentity): string => `file ${name} in namespace ${home}`;

/** The kinds of credential that `apply` creates. */
export const issued = ["acr-token", "service-principal"] as const;

/** Warns that the next run of `apply` undoes a change of another verb. */
export function* warnOfFile(to: Ref, record: Credential | undefined, does: string): Generator<Outcome> {
  if (record?.file) yield { to, messages: [`secret/${to.name} belongs to ${fileWords(record.file)}, so the next apply ${does}`] };
}

/**
 * Checks a source that the file of `apply` did not make. The file takes it over if the user has named it, or if nothing is lost and no other
 * file made it. The copies of a source that was deleted still hold its credential, so the file in Azure counts without a record, too.
 * @throws InTheWay
 */
export function* takeOver(order: TakeOver, { secret, unselected }: Pick<Places, "secret" | "unselected">): Generator<Outcome> {
  const { file, source, registry } = order;
  const record = credentialOf(secret);
  if (!file) return yield* warnOfFile(source, record, "takes away what the file does not name");
  if (record && !issued.some((kind) => kind === record.kind)) throw notIssued(source, record);
  const maker = makerOf(record, order.kind, file);
  if (maker === "this file") return;
  const lost = lostBy(record, file, order, unselected);
  if (maker === "no file" && losesNothing(lost, record, registry)) return;
  const loses = lost.length > 0 ? [`loses ${inLine(lost)}`] : [];
  if (!file.adopts) throw notAdopted(order, maker, loses);
  const which = [`${nameInPlace(source)}, which belonged to ${maker}`, ...loses].join(" and ");
  // A Secret without a record may be the one that this run has claimed
  const unshown = file.unshown(`${which},`, record && secret?.metadata.uid);
  if (unshown) throw unshown;
  yield { to: source, loses: lost, messages: [[`secret/${source.name} belonged to ${maker}`, ...loses].join(" and ")] };
}

const notIssued = (source: Ref<"secret">, { identity, kind }: Credential) =>
  new InTheWay(`${nameInPlace(source)} holds the login of "${identity}" (${kind}), which apply cannot create`, {
    ...plugin("delete", source.name),
    namespace: source.namespace,
    when: "to replace it, delete the Secret first",
  });

/** The credential of another registry is refused later. */
const losesNothing = (lost: readonly string[], record: Credential | undefined, registry: string): boolean =>
  lost.length === 0 || (record !== undefined && !isLoginServerOf(record.host, registry));

function notAdopted(order: TakeOver, maker: string, loses: readonly string[]): InTheWay {
  const message = [`${nameInPlace(order.source)} belongs to ${maker}`, ...loses.map((one) => `otherwise it ${one}`)].join("; ");
  return new InTheWay(message, adopting(order), maker === "no file" ? "namespace" : "platform");
}

function adopting({ source, again }: TakeOver): Hint {
  const words = [...again.words, ...flag("adopt", `${source.namespace}/${source.name}`)];
  return { ...again, namespace: "", words, when: "to let the file take it over, run" };
}

/**
 * Azure's description names the file, because a tenant can't write it. The record does if no description names one, or
 * if it is about another kind of credential of this file, which the source has no longer.
 */
function makerOf(record: Credential | undefined, kind: string, file: FileOrder): string {
  if (!record) return makerInPlace(file);
  const { kind: recordedKind, file: recorded } = record;
  const described = recordedKind === kind || file.maker !== fileId(file) ? file.maker : undefined;
  const id = described ?? (recorded && fileId(recorded));
  if (id === undefined) return "no file";
  if (id === fileId(file)) return "this file";
  return recorded && !isSameFile(file, recorded) ? fileWords(recorded) : "another file";
}

/**
 * Checks the copies of a source that was deleted. If not all was read that Azure describes for it, their login may be that of another file.
 * @throws InTheWay
 */
export async function checkCopiesInPlace(order: TakeOver, { secret, all }: Places): Promise<void> {
  const { file, source } = order;
  if (!file || file.adopts || file.isInPlaceRead || credentialOf(secret)) return;
  const { namespace: at = "", name } = source;
  const own = [file.identity, azureName(file.uid ?? "", at, name)];
  for await (const { namespace, hasCopy, read } of all()) {
    const copy = hasCopy ? (await read()).secret : undefined;
    if (!copy || !isCopyOf(copy, source) || loginsIn(copy).some(({ login }) => own.includes(login.username))) continue;
    const message = `${nameInPlace(source)} was deleted, and its copy in namespace ${namespace} has a login that may be of another file`;
    throw new InTheWay(message, adopting(order), "platform");
  }
}

const othersInPlace = (file: FileOrder) => file.inPlace.filter((one) => one.file !== fileId(file));

/** Who made a Secret that was deleted, or that is only claimed. Its copies still hold what Azure describes, of any kind. */
function makerInPlace(file: FileOrder): string {
  const others = othersInPlace(file);
  if (others.length === 0 && file.inPlace.length > 0) return "this file";
  return others.some((one) => one.file !== undefined) ? "another file" : "no file";
}

/** Whether a source has the account that Azure describes as its own. Of some kinds, a user can choose another one. */
const isOwn = ({ kind, identity }: Credential, file: FileOrder): boolean =>
  kindCalled(kind)?.flagsFor === undefined || identity.toLowerCase() === file.identity?.toLowerCase();

/** Returns what a source can do or has now, and not after the file has taken it over. */
function lostBy(record: Credential | undefined, file: FileOrder, order: TakeOver, copies: Places["unselected"]): readonly string[] {
  if (!record) return lackingIn(order.repositories, [...new Set(othersInPlace(file).flatMap(({ granted }) => granted ?? ["*"]))]);
  const { kind, identity, repositories } = record;
  const isSame = kind === order.kind && isOwn(record, file);
  const pulled = file.granted || repositories ? [...new Set([...(file.granted ?? []), ...(repositories ?? [])])] : ["*"];
  return [
    ...(isSame ? [] : [`${kind} ${identity}`]),
    ...lackingIn(order.repositories, pulled),
    ...copies.map((namespace) => `the copy in ${namespace}`),
    ...unnamedIn(record, file).map((word) => `serviceaccount/${word}`),
  ];
}
