// A router in a process of its own whose memory can be looked at: `router-child.ts <target port>`, driven over IPC.
import { createRouterHttp } from '@project-runner/router-http';

const router = createRouterHttp({ port: 0 });
const { port } = await router.listen();
await router.registerRoute({
  deploymentId: 'app',
  projectId: 'shop',
  subdomain: 'app',
  targetHost: '127.0.0.1',
  targetPort: Number(process.argv[2]),
});
process.on('disconnect', () => void router.close({ graceMs: 0 }));
process.send?.({ port });
