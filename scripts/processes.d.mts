export interface SeenProcess {
  pid: number;
  command: string;
}
export function processesWithVariable(name: string, value: string): SeenProcess[];
export function endProcesses(processes: readonly SeenProcess[]): Promise<void>;
