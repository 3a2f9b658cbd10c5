using TiMix.Node.Operations;

namespace TiMix.Node.Launching;

/// <summary>Control of a run whose processes this launcher starts and ends.</summary>
internal sealed class LauncherControl(LocalLauncher launcher) : ClusterControl(() => launcher.Steering, null)
{
    /// <inheritdoc/>
    public override async Task<OperationsAnswer> ScaleAsync(int trainers) => LauncherText.Of(await launcher.ScaleAsync(trainers).ConfigureAwait(false));

    /// <inheritdoc/>
    public override async Task<OperationsAnswer> DrainAsync(string node) => LauncherText.Of(await launcher.DrainAsync(node).ConfigureAwait(false));
}
