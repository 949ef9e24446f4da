// Apart from the protocol itself: options name the port where nothing else of it is needed yet.
export const FORWARD_PORT = 24_224;
