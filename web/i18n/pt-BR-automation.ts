// Brazilian Portuguese words about schedules and scripts.
export const ptBRAutomation = {};
