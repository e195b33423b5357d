import { asCliError, CliError, Conflict, isLost, isRefusal } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Claim, Precondition } from "../plan/change.ts";
import { claimLasts, endedClaim, isLive, newClaim, type PendingPassword, readClaim } from "../secret/claim.ts";
import { type ClaimAfter, claimedSecret, claimPatch, isEmpty, unclaimed } from "../secret/pull-secret.ts";
import type { ChangeOutcome } from "./outcome.ts";
import type { Tools } from "./tools.ts";
import { asConflict, preconditionOf, secretRetries, update } from "./update.ts";
import { waitForClaim } from "./wait-for-claim.ts";

type Claimed = {
  readonly to: Ref<"secret">;
  /** This run created it for the claim, so it is deleted if it gets no login. */
  readonly created: boolean;
  /** Its version, for the next write; absent if unknown. */
  readonly precondition?: Precondition;
  readonly makes?: PendingPassword | undefined;
  /** The time of the claim, or of its last renewal. */
  readonly at?: Date;
};

/** The Secrets that a run has claimed, or may have claimed if the response was lost. No other run generates a password for them. */
export class Claims {
  readonly #tools: Tools;
  readonly #last: boolean;
  readonly #claimed = new Map<string, Claimed>();
  #renewal: Promise<void> | undefined;
  #password: "none" | "requested" | "kept" = "none";

  /** @param options `last`: the claims last until they are released, because the run writes the login to other Secrets too. */
  constructor(tools: Tools, { last = false }: { readonly last?: boolean } = {}) {
    this.#tools = tools;
    this.#last = last;
  }

  on = (to: Ref<"secret">): Claimed | undefined => this.#claimed.get(keyOf(to));

  /**
   * Claims a Secret. If another run has claimed it, waits for that run.
   * @throws CliError of the Secret; Conflict if the Secret must be read again
   */
  async acquire(change: Claim): Promise<Secret> {
    const { to, precondition, makes } = change;
    const found = precondition?.claim;
    if (found && isLive(found, this.#tools.now()) && (await waitForClaim(to, found, this.#tools)) !== "ended")
      throw new Conflict(`another run is writing secret "${to.name}" in namespace "${to.namespace}"`);
    const claimed = { to, created: !precondition, makes };
    // If the response is lost, the claim may exist
    this.#claimed.set(keyOf(to), claimed);
    try {
      const at = this.#tools.now();
      const object = await writeClaim(change, this.#tools);
      this.#claimed.set(keyOf(to), { ...claimed, precondition: preconditionOf(object), at });
      return object;
    } catch (error) {
      if (error instanceof CliError && !isLost(error)) this.drop(to);
      throw error;
    }
  }

  /**
   * Renews claims before a password is generated or deleted. A run that was too slow has lost its claim and does neither.
   * @param of the Secrets; by default all
   * @throws Conflict if another run has taken over a Secret
   */
  async renew(of?: readonly Ref<"secret">[]): Promise<void> {
    const keys = of && new Set(of.map(keyOf));
    for (const [key, claimed] of this.#claimed)
      if ((!keys || keys.has(key)) && !isYoung(claimed, this.#tools.now())) this.#claimed.set(key, await renewed(claimed, this.#tools));
  }

  /**
   * Renews claims that last beyond the write of their own Secret, before another Secret is written. Concurrent writes share one renewal.
   */
  async keep(): Promise<void> {
    if (!this.#last) return;
    this.#renewal ??= this.renew().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  /** Returns the claim annotation for a write of a Secret: that of another run stays. */
  after(to: Ref<"secret">): ClaimAfter {
    const claimed = this.on(to);
    if (!claimed) return {};
    return this.#last ? newClaim(this.#tools.runId, this.#tools.now(), claimed.makes) : unclaimed;
  }

  /** Records whether this run still claims a Secret that was written. */
  written(to: Ref<"secret">, object: Secret): void {
    const claimed = this.on(to);
    const claim = readClaim(object);
    if (claimed && claim?.by === this.#tools.runId) {
      const at = new Date(Date.parse(claim.until) - claimLasts);
      this.#claimed.set(keyOf(to), { ...claimed, created: false, precondition: preconditionOf(object), at });
    } else this.drop(to);
  }

  /** Records that a Secret was read. If another run has taken it over, this run has no claim on it. */
  checkOwner(to: Ref<"secret">, secret: Secret | undefined): void {
    if (secret && readClaim(secret)?.by !== this.#tools.runId) this.drop(to);
  }

  /** Forgets a claim that was lost or deleted with its Secret. */
  drop = (to: Ref<"secret">): void => void this.#claimed.delete(keyOf(to));

  /**
   * Renews the claims and requests the password that they name. Unless Azure rejects the request, the password may exist from then on.
   * @throws Conflict if another run has taken over a Secret; CliError of the request
   */
  async forPassword<T>(request: () => Promise<T>): Promise<T> {
    await this.renew();
    this.#password = "requested";
    return request().catch((error: unknown) => {
      if (error instanceof CliError && !isLost(error)) this.#password = "none";
      throw error;
    });
  }

  /** Records that a change in Azure could not be rolled back, so that a requested password may stay. */
  keepPassword(): void {
    if (this.#password === "requested") this.#password = "kept";
  }

  /**
   * Ends all claims, even after an interruption. Deletes a Secret that this run created only for the claim.
   * @returns the claims whose Secret could not be deleted, with the command to delete it
   */
  async release(): Promise<ChangeOutcome[]> {
    if (this.#claimed.size === 0) return [];
    return this.#tools.uninterrupted(async () => {
      const failed: ChangeOutcome[] = [];
      for (const claimed of this.#claimed.values()) {
        const error = await release(claimed, this.#noteAfter(claimed), this.#tools).then(() => undefined, asCliError);
        this.drop(claimed.to);
        // A claim that stays in an annotation expires and does no harm
        if (error && claimed.created) failed.push(leftEmpty(claimed.to, error));
      }
      return failed;
    });
  }

  /**
   * Returns the claim annotation after the claim ends. If a password of this run may still exist, the claim stays until it expires, because
   * it records that password. A password that an earlier run left and that still exists also stays recorded.
   */
  #noteAfter({ created, makes }: Claimed): ClaimAfter | undefined {
    if (created || !makes) return unclaimed;
    if (this.#password === "kept") return undefined;
    const { madeAt, ...making } = makes;
    return madeAt !== undefined && this.#password === "none" ? endedClaim(this.#tools.runId, { ...making, madeAt }) : unclaimed;
  }
}

async function writeClaim({ to, precondition, makes, shape }: Claim, tools: Tools): Promise<Secret> {
  const { runId, write, now } = tools;
  const note = newClaim(runId, now(), makes);
  const text = precondition ? { patch: claimPatch(precondition.version, note) } : { create: claimedSecret(to, note, shape) };
  try {
    return await tools.cluster().write(to, text, write);
  } catch (error) {
    if (!isRefusal(error) || !isLost(error)) throw error;
    const found = await ownClaim(to, tools).catch(() => undefined);
    if (!found) throw error;
    return found;
  }
}

/** Whether a claim needs no renewal. No password takes as long as two thirds of a claim lifetime. */
const isYoung = ({ at }: Claimed, now: Date) => at !== undefined && now.getTime() - at.getTime() < claimLasts / 3;

/** Renews a claim. Reads the Secret again on a conflict, because another client may have written to it without changing the claim. */
async function renewed(claimed: Claimed, tools: Tools): Promise<Claimed> {
  const { to, makes } = claimed;
  const { write, now, runId } = tools;
  const at = now();
  const object = await update({
    initial: claimed.precondition,
    read: async () => preconditionOf((await ownClaim(to, tools)) ?? taken(to)),
    write: ({ version }) =>
      tools
        .cluster()
        .write(to, { patch: claimPatch(version, newClaim(runId, now(), makes)) }, write)
        .catch(asConflict),
    ...secretRetries(tools),
  });
  return { ...claimed, at, precondition: preconditionOf(object) };
}

function taken({ name, namespace }: Ref): never {
  throw new Conflict(`another run has taken over secret "${name}" in namespace "${namespace}"`);
}

async function release({ to, created }: Claimed, note: ClaimAfter | undefined, tools: Tools): Promise<void> {
  if (!note) return;
  await update({
    read: () => ownClaim(to, tools),
    write: async (secret) => {
      if (secret) await (created && isEmpty(secret) ? remove(to, secret, tools) : unclaim(to, secret, { note, tools }));
    },
    ...secretRetries(tools),
  });
}

const unclaim = (to: Ref<"secret">, secret: Secret, { note, tools }: { readonly note: ClaimAfter; readonly tools: Tools }) =>
  tools.cluster().write(to, { patch: claimPatch(preconditionOf(secret).version, note) }, tools.write);

/** Deletes the Secret. If that is forbidden, removes the claim, so that no other run waits for it. */
async function remove(to: Ref<"secret">, secret: Secret, tools: Tools): Promise<void> {
  try {
    await tools.cluster().write(to, { delete: preconditionOf(secret) }, tools.write);
  } catch (error) {
    const { kind } = asCliError(error);
    if (kind === "forbidden") await unclaim(to, secret, { note: unclaimed, tools });
    if (kind !== "notFound") throw error;
  }
}

const leftEmpty = (to: Ref<"secret">, error: CliError): ChangeOutcome => ({
  change: { act: "claim", to, precondition: undefined },
  error,
  messages: [`secret/${to.name} still exists, without a login`],
  fix: { kubectl: "delete secret", args: [to.name], namespace: to.namespace },
});

async function ownClaim(to: Ref<"secret">, { cluster, runId }: Tools): Promise<Secret | undefined> {
  const secret = await cluster().get(to);
  return secret && readClaim(secret)?.by === runId ? secret : undefined;
}
