namespace TiMix.Protocol.Messages;

/// <summary>Everything that may travel between actors or into the journal; bound to a serializer that knows no others.</summary>
public interface ITiMixMessage;
