namespace TiMix.Node.Processes;

/// <summary>A node that a launcher has started and keeps alive.</summary>
internal interface IChildNode : IDisposable
{
    /// <summary>Of its node.</summary>
    string Name { get; }

    /// <summary>Of the process that it is in.</summary>
    int Id { get; }

    /// <summary>Completed when it has ended and all that it wrote was read; 128 and the signal's number if a signal ended it.</summary>
    Task<int> Exit { get; }

    /// <summary>What it wrote last.</summary>
    IReadOnlyList<string> LastLines { get; }

    /// <summary>Says a line to it; nothing happens if it is gone.</summary>
    void Say(string line);

    /// <summary>Sends it a signal; nothing happens if it is gone.</summary>
    void Signal(int signal);
}
