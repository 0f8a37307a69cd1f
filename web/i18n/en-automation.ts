// English words about schedules and scripts.
export const enAutomation = {};
