import type { SignInOptions } from "../src/azure/port.ts";
import type { Asked } from "../src/credential/credential-kind.ts";
import { type Issuer, isIssuer, type Taker } from "../src/credential/issuer.ts";
import { kindCalled } from "../src/credential/kinds.ts";
import { CliError } from "../src/errors.ts";
import { plugin } from "../src/hint.ts";
import { memoize } from "../src/scope/concurrency.ts";
import type { Credential } from "../src/secret/record.ts";
import type { DeleteOrder } from "../src/verbs/delete.ts";
import type { Session } from "./session.ts";

type Opening = { readonly identity: SignInOptions; readonly verify: boolean; readonly force: boolean; readonly wait: number };

/** Returns a function that opens the kind of a recorded credential for its registry. Each is opened once. @throws CliError */
export function openerOf(opening: Opening, session: Session): (credential: Credential) => Promise<Issuer | Taker> {
  const opened = new Map<string, Promise<Issuer | Taker>>();
  return async (credential) => {
    const { kind: name, host } = credential;
    const kind = kindCalled(name);
    if (!kind)
      throw new CliError("invalid", `this version does not support credentials of the kind ${name}`, { hint: "install a newer version" });
    const flags = kind.flagsFor?.(credential) ?? {};
    const again = plugin("create", "--registry", host);
    const asked: Asked = { ...opening, flags, isRecorded: true, registry: host, repositories: [], again };
    return memoize(opened, JSON.stringify([name, host, flags]), () => kind.open(asked, session));
  };
}

/** The same for a revocation. Returns why a credential can't be revoked by this plugin. */
export function revokerOf(identity: SignInOptions, session: Session): DeleteOrder["open"] {
  const open = openerOf({ identity, verify: false, force: true, wait: 60_000 }, session);
  return async (credential, to) => {
    const kind = kindCalled(credential.kind);
    if (!kind) return { why: "this version does not support its kind. Install a newer version" };
    if (kind.notRenewable !== undefined) return { why: kind.notRenewable };
    const opened = await open(credential);
    if (!isIssuer(opened)) return { why: endsItself(credential) };
    const fix = credential.isExported && (await opened.findExport(credential, to));
    return fix ? { why: "it was exported, so copies may be anywhere. To end it everywhere, run", fix } : opened;
  };
}

const endsItself = ({ expiresAt }: Credential): string =>
  `it expires${expiresAt === undefined ? " by itself" : ` at ${expiresAt}`} and cannot be revoked earlier`;
