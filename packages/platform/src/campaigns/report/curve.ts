import { z } from 'zod';
import type { CurveReport, ExperimentReport } from './model.ts';

const figures = z.array(z.number()).min(2).max(10_000);
const curveSchema = z
  .object({ q: figures, counts: figures, sigma: figures, fit: figures })
  .refine(({ q, counts, sigma, fit }) => [counts, sigma, fit].every(({ length }) => length === q.length));
const outputSchema = z.object({
  curve: curveSchema,
  diameterNm: z.number().exactOptional(),
  uncertaintyNm: z.number().exactOptional(),
  polydispersity: z.number().exactOptional(),
  reducedChiSquare: z.number().exactOptional(),
});

/** The scattering curve in a run's output; null where the output holds none, as with most instruments. */
export function curveOf(output: unknown, experiment: ExperimentReport): CurveReport | null {
  const parsed = outputSchema.safeParse(output);
  if (!parsed.success) return null;
  const { curve, diameterNm, uncertaintyNm, polydispersity, reducedChiSquare } = parsed.data;
  return {
    experiment,
    points: curve.q.map((q, i) => ({
      q,
      counts: curve.counts[i]!,
      sigma: curve.sigma[i]!,
      fit: curve.fit[i]!,
    })),
    diameterNm: diameterNm ?? null,
    uncertaintyNm: uncertaintyNm ?? null,
    polydispersity: polydispersity ?? null,
    reducedChiSquare: reducedChiSquare ?? null,
  };
}
