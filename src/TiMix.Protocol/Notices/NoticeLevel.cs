namespace TiMix.Protocol.Notices;

/// <summary>How loud a notice is.</summary>
public enum NoticeLevel
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>Something was worked around.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,
}
