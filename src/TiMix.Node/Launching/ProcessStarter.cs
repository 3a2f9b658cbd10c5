using TiMix.Node.Processes;
using TiMix.Protocol.Launching;
using TiMix.Runs.Journals;
using TiMix.Runs.Records;

namespace TiMix.Node.Launching;

/// <summary>A process for every node.</summary>
internal sealed class ProcessStarter : INodeStarter
{
    /// <inheritdoc/>
    public async Task<IChildNode> StartAsync(LaunchOptions options, NodePlan node, NodePlace place)
    {
        var environment = new Dictionary<string, string> { [LocalLauncher.TokenVariable] = place.Token };
        if (options.Run.Journal is { } journal)
        {
            environment[JournalAddress.Variable] = journal.Text;
        }

        var log = Path.Combine(RunDirectory.Of(options.Run.RunsDirectory, options.Run.Name).Path, "nodes", node.Name + ".log");
        return await ChildProcess.StartAsync(node.Name, NodeArguments.Of(node, options, place), environment, log).ConfigureAwait(false);
    }
}
