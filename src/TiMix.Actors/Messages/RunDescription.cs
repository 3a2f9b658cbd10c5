using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Messages;

/// <summary>
/// What a node has to know before it can serve. <paramref name="Recipe"/> is the canonical text, <paramref name="Data"/> the digest of the data that the
/// run began with; null: it does not know.
/// </summary>
public sealed record RunDescription(string Run, string Recipe, ModelConfig Model, string? Data = null) : ITiMixMessage;
