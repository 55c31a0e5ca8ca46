import { tcpProbe } from './tcp-probe.ts';

export default { plugins: [tcpProbe()] };
