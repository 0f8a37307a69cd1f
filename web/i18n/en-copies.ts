// English words about snapshots, backups and sizes.
export const enCopies = {};
