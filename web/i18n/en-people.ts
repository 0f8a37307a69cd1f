// English words about people, security and keys.
export const enPeople = {};
