namespace TiMix.Protocol.Messages;

/// <summary>What a message carries for those who compute. The cores hand it on unopened: they decide who gets it, and when it is released.</summary>
public interface IContent;
