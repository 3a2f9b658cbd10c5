using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Messages;

/// <summary>What a node has to know before it can serve. <paramref name="Recipe"/> is the canonical text.</summary>
public sealed record RunDescription(string Run, string Recipe, ModelConfig Model) : ITiMixMessage;
