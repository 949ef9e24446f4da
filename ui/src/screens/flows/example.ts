/** Lines of a config, and the command, that fill a list without flows. */
export const FLOW_EXAMPLE = `flows:
  - { type: broad, from: extract, to: [load, check] }

# dure flow create --type broad --from extract --to load`;
