using TiMix.Node.Launching;
using TiMix.Runs.Observing;

namespace TiMix.Testing.Live;

/// <summary>How a run in a <see cref="LiveCluster"/> ended.</summary>
/// <param name="Run">As the launcher says it.</param>
/// <param name="Examination">What the directory of a finished run tells; null: it is not finished.</param>
internal sealed record LiveResult(RunResult Run, RunExamination? Examination);
