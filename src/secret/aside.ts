/**
 * The key under which the logins of a Secret stay that were taken out, until they are revoked: nobody pulls with them, and the next run can
 * still tell that the Secret held what it notes.
 */
export const aside = "acr-secret.withdrawn";
