using TiMix.Base;
using TiMix.Node.Processes;
using TiMix.Protocol.Launching;

namespace TiMix.Node.Launching;

/// <summary>How a launcher's nodes come to be.</summary>
internal interface INodeStarter
{
    /// <summary>Starts a node, again after an earlier one of the same name has ended.</summary>
    /// <exception cref="RunError">It cannot be started; one line.</exception>
    Task<IChildNode> StartAsync(LaunchOptions options, NodePlan node, NodePlace place);
}
