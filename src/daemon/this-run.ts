/** No other run of the agent had it: a process number comes again, and so may a moment. */
export const THIS_RUN = `${process.pid}.${Date.now()}`;
