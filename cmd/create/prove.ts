import type { Login } from "../../src/context.ts";
import { type Claim, proveLogin } from "../../src/credential/prove.ts";
import type { Session } from "../session.ts";

/** Proves a login on the spot, and tells of the repositories that nothing could be shown of. */
export async function prove(claim: Claim, login: Login, { session, fresh }: { session: Session; fresh: boolean }): Promise<void> {
  const { sleep } = session.context;
  const empty = await session.progress.during(`Asking ${claim.host} for a manifest as ${login.username}`, () =>
    proveLogin(claim, login, { registry: session.registry(), sleep, fresh }),
  );
  for (const name of empty) session.warn(`no image of ${claim.host}/${name} is known, so nothing shows that it can be pulled`);
}
