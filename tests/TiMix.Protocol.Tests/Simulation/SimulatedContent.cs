using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// Stands for bytes that wait in a process until they are fetched or released. They end with whoever offers them.
/// </summary>
/// <param name="owner">Who offers it.</param>
/// <param name="value">What it says.</param>
/// <param name="within">A content that is released with this one.</param>
internal sealed class SimulatedContent(SimulatedActor owner, ulong value, SimulatedContent? within = null) : IContent
{
    /// <summary>A whole state, where it stands for one.</summary>
    public SimulatedState State { get; init; }

    public SimulatedActor Owner => owner;

    /// <summary>It has been fetched or released.</summary>
    public bool Gone { get; private set; }

    /// <summary>Reads it; null: it is gone, or out of reach.</summary>
    public ulong? Read(SimulatedActor reader) =>
        Gone || !IsReachable(reader) || (within is not null && within.Read(reader) is null) ? null : value;

    private bool IsReachable(SimulatedActor reader) => owner.Process.Sound && owner.Alive && !owner.Cluster.Network.IsCut(owner.Process, reader.Process);

    /// <summary>Reads it, and releases it.</summary>
    public ulong? Take(SimulatedActor reader)
    {
        var read = Read(reader);
        Release();
        return read;
    }

    /// <summary>Nobody wants it any more.</summary>
    public void Release()
    {
        Gone = true;
        within?.Release();
    }

    /// <inheritdoc/>
    public override string ToString() => Gone ? "gone" : value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
