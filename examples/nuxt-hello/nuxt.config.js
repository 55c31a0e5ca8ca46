// The platform it is meant for elsewhere; Project Runner builds it for Node all the same.
export default { compatibilityDate: '2026-11-01', nitro: { preset: 'vercel' } };
