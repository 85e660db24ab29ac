/** The token that a mail's link carries behind `#`, which no server sees; empty where there is none. */
export const tokenOf = (hash: string) => /^#([A-Za-z0-9_=.-]{16,512})$/.exec(hash)?.[1] ?? '';
