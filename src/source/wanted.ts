import { type Issuer, isIssuer, isShown, type Taker } from "../credential/issuer.ts";
import type { LoginTest } from "../credential/prove.ts";
import { lackingIn, namedOrUsed, type RepositoryScope, repositoryScopeOf } from "../credential/repository-scope.ts";
import { CliError } from "../errors.ts";
import type { Secret } from "../objects.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import type { ImageRef } from "../registry/port.ts";
import { type FileInAzure, fileId } from "../secret/azure-words.ts";
import { obstacleTo } from "../secret/obstacle.ts";
import { type Credential, type FileOfRecord, isSameFile } from "../secret/record.ts";
import { shapeOf } from "../secret/shapes.ts";
import { nameInPlace } from "../wording.ts";
import { type Creating, type Desired, type FileOrder, replacing } from "./desired.ts";
import type { Facts, Observed } from "./observe.ts";

// Compares what a run wants with what the source, Azure and the registry have.

export function renewable(kind: Facts["kind"]): Issuer | Taker {
  if ("why" in kind) throw new CliError("invalid", kind.why);
  return kind;
}

/** The kind of the credential, if Azure generates its passwords. */
export function issuerOf({ ask }: Pick<Observed, "ask">): Issuer {
  const kind = ask("kind");
  if ("why" in kind || !isIssuer(kind)) throw new TypeError("a row for generated passwords was asked for another kind");
  return kind;
}

/** Whether Azure generates the passwords of the kind. */
export function isIssued({ ask }: Pick<Observed, "ask">): boolean {
  const kind = ask("kind");
  return !("why" in kind) && isIssuer(kind);
}

const hostOf = (kind: Issuer | Taker): string => (isIssuer(kind) ? kind.registry.loginServer : kind.host);

/** Whether a run that creates takes the password of a record for expired. A rotation replaces it anyway. */
export const hasExpired = ({ expiresAt }: Credential, creates: Creating | undefined): boolean =>
  creates !== undefined && expiresAt !== undefined && Date.parse(expiresAt) <= creates.now;

/** Whether the login of the source pulls. A record, which anyone in the namespace can write, sends a login to no other host. */
export function testOf({ creates, verify }: Desired, { ask, record, login }: Observed): LoginTest {
  if (!record || !login || hasExpired(record, creates)) return { pulls: "no" };
  if (!verify || (creates && !isLoginServerOf(record.host, creates.registry))) return { pulls: "unknown", isSkipped: true };
  return ask("test", login.password.hash());
}

export const isRecordShown = ({ ask, record }: Observed): boolean => record !== undefined && isShown(ask("account"), record);

/** Whether the registry rejects the login of the source. It may not know a young password yet. */
export const isRefused = (d: Desired, o: Observed): boolean => o.login !== undefined && testOf(d, o).pulls === "no";

/** Whether a run that creates keeps the login of the source, and only its rights and its record may change. */
export function keepsLogin(d: Desired, o: Observed): boolean {
  const { record, ask } = o;
  const issuer = issuerOf(o);
  const isOwn = !issuer.hasOwnName || record?.identity === ask("owner").name;
  return record?.kind === issuer.kind && isOwn && testOf(d, o).pulls !== "no" && isRecordShown(o);
}

/** Why a Secret can't be the source of the wanted credential. */
export function obstacleFor(d: Desired, creates: Creating, o: Observed): (secret: Secret) => CliError | undefined {
  const kind = renewable(o.ask("kind"));
  const { shape, fieldManager, file } = creates;
  const { pulls } = testOf(d, o);
  const of = { kind: kind.kind, host: hostOf(kind), shape, fieldManager, force: d.force, pulls };
  const wanted = {
    ...{ ...of, mayChangeKind: file !== undefined, isDescribed: file?.maker !== undefined },
    replaces: replacing(file, d.source),
  };
  return (secret) => obstacleTo(d.source, secret, wanted);
}

/** The source records an account that Azure has under another name, such as that of an exported Secret. */
export const isOfAnother = (o: Observed): boolean => issuerOf(o).hasOwnName && o.record?.identity !== o.ask("owner").name;

/** Whether a source has a login of the wanted kind that works and may pull what is wanted. */
export function isCovered(d: Desired, creates: Creating, o: Observed): boolean {
  const { secret, record, claim } = o;
  const { kind, file, shape = "pull-secret", exact } = creates;
  if (!secret || !record || claim || !creates.isIssued || shapeOf(secret) !== shape) return false;
  if (record.kind !== kind || !isLoginServerOf(record.host, creates.registry)) return false;
  // With --force, a Secret of a backup gets a token of its own
  if (d.force && isOfAnother(o)) return false;
  if (file && !isOfFile(record, file)) return false;
  const { repositories = [] } = record;
  const used = creates.fromPods ? o.ask("images", record.host).map(({ repository }) => repository) : [];
  const kept = lackingIn(creates.repositories, repositories).filter((one) => file?.keeps(one) === "later");
  return isPullable(repositories, [...creates.repositories, ...used, ...kept], exact) && testOf(d, o).pulls !== "no";
}

/** Whether Azure shows what the source records: its description must name the file. */
const isOfFile = ({ file, repositories = [] }: Credential, order: FileOrder): boolean =>
  isSameFile(order, file) && order.isDescribed && isPullable(order.granted ?? repositories, repositories, true);

const isPullable = (granted: readonly string[], wanted: readonly string[], exact: boolean): boolean =>
  lackingIn(granted, wanted).length === 0 && !(exact && lackingIn(wanted, granted).length > 0);

/** The repositories that a login is granted, and the images that prove it. */
export function scopeFor(d: Desired, o: Observed): RepositoryScope {
  const { creates } = d;
  const kind = renewable(o.ask("kind"));
  const host = hostOf(kind);
  const images = o.ask("images", host);
  if (creates && isIssuer(kind)) return scopeToGrant(kind, o, images, d, creates);
  if (creates) return { host, repositories: namedOrUsed({ ...creates, images }), named: creates.repositories, images };
  if (isIssuer(kind) && !kind.isScoped) return { host, repositories: [], images };
  return { host, repositories: o.record?.repositories ?? (isIssuer(kind) ? o.ask("account").granted : undefined) ?? [], images };
}

/** The repositories to grant and to prove. If the kind can't be limited to repositories, only those of images are proven. */
function scopeToGrant(issuer: Issuer, { ask }: Observed, images: readonly ImageRef[], d: Desired, creates: Creating): RepositoryScope {
  const host = issuer.registry.loginServer;
  const { repositories, fromPods, grantExactly } = creates;
  const { granted } = ask("account");
  const had = creates.exact ? stayingIn(d, creates, granted)?.map(({ repository }) => repository) : granted;
  if (issuer.isScoped)
    return { ...repositoryScopeOf({ host, ...creates }, { repositories, fromPods, images }, had), named: repositories, grantExactly };
  return { host, repositories: [...new Set(images.map(({ repository }) => repository))].sort(), images };
}

/** The repositories that stay although a file does not name them, and why; undefined if there are none. */
export function stayingIn({ source }: Pick<Desired, "source">, { file, repositories }: Creating, granted: readonly string[] = []) {
  const staying = lackingIn(repositories, granted).flatMap((repository) => {
    const why = file?.keeps(repository) ?? file?.unshown(`repository ${repository} of ${nameInPlace(source)}`, undefined);
    return why ? [{ repository, why }] : [];
  });
  return staying.length > 0 ? staying : undefined;
}

/** The repositories that a credential pulls, as its record lists them. */
export function repositoriesFor(d: Desired, o: Observed): readonly string[] | undefined {
  if (!d.creates) return o.record?.repositories ?? o.ask("account").granted;
  return issuerOf(o).isScoped ? [...new Set(o.memory.granted?.repositories ?? scopeFor(d, o).repositories)].sort() : ["*"];
}

export const fileInAzure = ({ file }: Creating): FileInAzure | undefined => file && { id: fileId(file), isEach: file.isEach };

/** The file that a source records: during a run with the ServiceAccounts that it named before, until their references are removed. */
export function fileFor({ creates }: Desired, record: Credential | undefined): FileOfRecord | undefined {
  return creates?.file ? fileWith(creates.file, (record ? record.file?.serviceAccounts : creates.file.former) ?? []) : record?.file;
}

/** The ServiceAccounts that a record names and its file does not. */
export const unnamedIn = (record: Credential | undefined, { serviceAccounts }: Pick<FileOrder, "serviceAccounts">): readonly string[] =>
  record?.file?.serviceAccounts.filter((word) => !serviceAccounts.includes(word)) ?? [];

export const fileWith = ({ home, name, serviceAccounts }: FileOrder, more: readonly string[]): FileOfRecord => ({
  home,
  name,
  serviceAccounts: [...new Set([...serviceAccounts, ...more])].sort(),
});
