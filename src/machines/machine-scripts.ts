/** Texts of the programs that run on machines: `docker/machine/*.sh`. */
export interface MachineScripts {
  readonly facts: string;
  readonly reach: string;
  readonly installEngine: string;
}
