namespace TiMix.Base;

/// <summary>The user's mistake: what, where, what would be right. Exit code 2.</summary>
public sealed class RunError(string message) : Exception(message);
