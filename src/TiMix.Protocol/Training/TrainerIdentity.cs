namespace TiMix.Protocol.Training;

/// <summary>Who a trainer is, as its status says.</summary>
/// <param name="Trainer">Its id, new with every start.</param>
/// <param name="Node">The node it lives on.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="Computes">What computes there.</param>
public sealed record TrainerIdentity(string Trainer, string Node, string Endpoint, string Computes);
