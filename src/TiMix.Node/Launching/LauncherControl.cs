using TiMix.Node.Operations;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Node.Launching;

/// <summary>Control of a run whose processes this launcher starts and ends.</summary>
internal sealed class LauncherControl(LocalLauncher launcher) : ClusterControl(() => launcher.Steering, null)
{
    /// <inheritdoc/>
    public override Task<Answer> ScaleAsync(int trainers) => launcher.ScaleAsync(trainers);

    /// <inheritdoc/>
    public override Task<Answer> DrainAsync(string node) => launcher.DrainAsync(node);
}
