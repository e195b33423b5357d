/** How many requests, or pieces of work, run at the same time. An overloaded server answers 429, and the run waits. */
export const limits = {
  /** Requests to the API server, and namespaces of a run: reads of one namespace wait for each other, reads of several do not. */
  cluster: 16,
  /** Credentials that are created, rotated, revoked or pruned: Azure answers slowly and throttles writes. */
  credentials: 4,
  /** Subscriptions whose registries are listed: Azure Resource Manager throttles a client that lists thousands at once. */
  subscriptions: 8,
  /** Principals that are read: Microsoft Graph throttles. */
  principals: 8,
  /** Repositories that a login is tested with: Azure throttles the clients of a registry. */
  repositories: 8,
  /** Namespaces, and images in each namespace, that nodes pull: every pull is a pod. */
  nodePulls: 4,
} as const;

/** The smallest number of namespaces that is read from lists of the whole cluster: for fewer, these lists hold mostly other namespaces. */
export const wideFrom = 16;
