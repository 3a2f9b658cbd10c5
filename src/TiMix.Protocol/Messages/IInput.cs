namespace TiMix.Protocol.Messages;

/// <summary>Something that a core is told: a message, or what came of an effect. A plain record.</summary>
public interface IInput;

/// <summary>Something that a core wants done. A plain record; the shell around the core does it.</summary>
public interface IEffect;

/// <summary>A message has come.</summary>
/// <param name="From">Address of whoever sent it: opaque to a core, and good for a <see cref="Send"/>.</param>
/// <param name="Message">What it says.</param>
public sealed record Received(string From, ITiMixMessage Message) : IInput;

/// <summary>Time has passed.</summary>
public sealed record Tick : IInput
{
    /// <summary>The one there is.</summary>
    public static readonly Tick Instance = new();
}

/// <summary>Send a message; it may be lost, late or doubled.</summary>
/// <param name="To">Address, as it was <see cref="Received"/> or stood in a roster.</param>
/// <param name="Message">What to say.</param>
public sealed record Send(string To, ITiMixMessage Message) : IEffect;
