"""Which OAuth scopes each method takes, written by tools/scope_table.py from Google's discovery documents.

For each service: scopes, "=", and the methods that take any one of them, as resources: verbs. "*" is every method.
Scopes are without https://www.googleapis.com/auth/; of a method's id only the last resource and the verb are kept,
which says enough: the generator fails where two methods of one service would share them and take different scopes.
Methods that take no scope at all are left out.
"""

from __future__ import annotations

TABLE = {
    "accesscontextmanager": "cloud-platform = *",
    "aiplatform": """
aiplatform cloud-platform = agents ragCorpora reasoningEngines: create delete get list patch; aiplatform:
evaluateDataset evaluateInstances generateInstanceRubrics; annotationSpecs: get; annotations customJobs dataItems:
list; datasetVersions: create delete get list patch restore; datasets: create delete export get import list patch
searchDataItems; endpoints: create delete deployModel get list mutateDeployedModel patch undeployModel update;
evaluations: get import list; locations: askContexts asyncRetrieveContexts augmentPrompt corroborateContent deploy
evaluateDataset evaluateInstances generateInstanceRubrics generateSyntheticData generateUserScenarios
getRagEngineConfig retrieveContexts updateRagEngineConfig; media: upload; models: copy delete deleteVersion export get
list listCheckpoints listVersions mergeVersionAliases patch updateExplanationDataset upload; operations: cancel get
list listWait wait; ragFiles: delete get import list; savedQueries: delete list; slices: batchImport get list;
tuningJobs: cancel create get list rebaseTunedModel

aiplatform cloud-platform cloud-platform.read-only = chat: completions; endpoints: directPredict directRawPredict
explain fetchPredictOperation generateContent predict predictLongRunning rawPredict serverStreamingPredict
streamGenerateContent streamRawPredict; invoke: invoke; models: batchEmbedContents embedContent fetchPredictOperation
generateContent predict predictLongRunning rawPredict serverStreamingPredict streamGenerateContent streamRawPredict;
openapi: completions embeddings responses; responses: compact delete get; science: inference; v1: responses

cloud-platform = agents datasets: getIamPolicy setIamPolicy testIamPermissions; artifacts: create delete get list
patch purge queryArtifactLineageSubgraph; batchPredictionJobs dataLabelingJobs evaluationRuns hyperparameterTuningJobs
trainingPipelines: cancel create delete get list; cachedContents semanticGovernancePolicies servingProfiles
specialistPools: create delete get list patch; contexts: addContextArtifactsAndExecutions addContextChildren create
delete get list patch purge queryContextLineageSubgraph removeContextChildren; customJobs: cancel create delete get;
deploymentResourcePools: create delete get list patch queryDeployedModels; endpoints: computeTokens countTokens;
entityTypes: create delete deleteFeatureValues exportFeatureValues get getIamPolicy importFeatureValues list patch
readFeatureValues setIamPolicy streamingReadFeatureValues testIamPermissions writeFeatureValues; evaluationItems
evaluationMetrics metadataStores notebookExecutionJobs sandboxEnvironmentTemplates: create delete get list;
evaluationSets: create delete get import list patch; events: list; executions: addExecutionEvents create delete get
list patch purge queryExecutionInputsAndOutputs; experiments runs: batchCreate create delete patch write;
featureGroups featureOnlineStores: create delete get getIamPolicy list patch setIamPolicy testIamPermissions;
featureViewSyncs nasTrialDetails revisions: get list; featureViews: create delete directWrite fetchFeatureValues
generateFetchAccessToken get getIamPolicy list patch searchNearestEntities setIamPolicy sync testIamPermissions;
features: batchCreate create delete get list patch; featurestores: batchReadFeatureValues create delete get
getIamPolicy list patch searchFeatures setIamPolicy testIamPermissions; files: delete download get list upload;
indexEndpoints: create delete deployIndex findNeighbors get list mutateDeployedIndex patch readIndexDatapoints
undeployIndex; indexes: create delete get list patch removeDatapoints upsertDatapoints; interactions: cancel create
createStream delete getPoll getStream; interactionsHttp: cancel create get; locations: generateLossClusters get
getSemanticGovernancePolicyEngine list updateSemanticGovernancePolicyEngine; memories: create delete generate get
ingestEvents list patch purge retrieve rollback; memoryBanks: ingestEvents; metadataSchemas: create get list;
migratableResources: batchMigrate search; modelDeploymentMonitoringJobs: create delete get list patch pause resume
searchModelDeploymentMonitoringStatsAnomalies; models: computeTokens countTokens getIamPolicy setIamPolicy
testIamPermissions; nasJobs: cancel create delete list; notebookRuntimeTemplates: create delete get getIamPolicy list
patch setDefault setIamPolicy testIamPermissions; notebookRuntimes: assign delete get list start stop upgrade;
onlineEvaluators: activate create delete get list patch suspend; operations: delete; persistentResources: create
delete get list patch reboot; pipelineJobs: batchCancel batchDelete cancel create delete get list; projects:
getCacheConfig updateCacheConfig; reasoningEngines: asyncQuery cancelAsyncQuery executeCode getIamPolicy query
setIamPolicy streamQuery testIamPermissions; runtimeRevisions: query streamQuery; sandboxEnvironmentSnapshots: delete
get list; sandboxEnvironments: authorizeAccess create delete execute get list pause resume snapshot; schedules: create
delete get list patch pause resume; semanticGovernancePolicyEngine: deprovision; sessions: appendEvent compact create
delete get list patch; studies: create delete get list lookup; tensorboards: batchRead create delete patch readSize
readUsage; timeSeries: create delete exportTensorboardTimeSeries patch; trials: addTrialMeasurement
checkTrialEarlyStoppingState complete create delete get list listOptimalTrials stop suggest

cloud-platform cloud-platform.read-only = experiments runs tensorboards: get list; nasJobs: get; timeSeries: get list
read readBlobData
""",
    "apikeys": """
apikeys apikeys.readonly cloud-platform cloud-platform.read-only = keys: get getKeyString list lookupKey; operations:
get

apikeys cloud-platform = keys: create delete patch undelete
""",
    "appengine": """
appengine.admin cloud-platform cloud-platform.read-only = apps: get listRuntimes; authorizedCertificates
domainMappings ingressRules instances locations operations services versions: get list; authorizedDomains: list

cloud-platform = applications: patch; apps: create patch repair; authorizedCertificates domainMappings: create delete
patch; ingressRules: batchUpdate create delete patch; instances: debug delete; services: delete patch; versions:
create delete exportAppImage patch
""",
    "artifactregistry": """
cloud-platform = aptArtifacts googetArtifacts yumArtifacts: import upload; attachments: create delete; files: delete
patch upload; genericArtifacts goModules kfpArtifacts: upload; locations: updateProjectConfig updateVpcscConfig;
operations: cancel; packages: delete patch; projects: updateProjectSettings; repositories: create delete
exportArtifact patch setIamPolicy; rules tags: create delete patch; versions: batchDelete delete patch

cloud-platform cloud-platform.read-only = attachments dockerImages mavenArtifacts npmPackages packages pythonPackages
rules tags versions: get list; files: download get list; locations: get getProjectConfig getVpcscConfig list;
operations: get; prewarmedArtifacts: list; projects: getProjectSettings; repositories: checkPrewarmedArtifact get
getIamPolicy list prewarmArtifact removePrewarmedArtifact testIamPermissions
""",
    "batch": "cloud-platform = *",
    "bigquery": """
bigquery bigquery.insertdata cloud-platform = tabledata: insertAll

bigquery cloud-platform = datasets: delete insert patch undelete update; jobs: cancel delete; models: delete patch;
routines: delete insert setIamPolicy update; rowAccessPolicies: batchDelete delete insert update; tables: delete
insert patch setIamPolicy update

bigquery cloud-platform cloud-platform.read-only = datasets models: get list; jobs: get getQueryResults list query;
projects: getServiceAccount list; routines rowAccessPolicies tables: get getIamPolicy list testIamPermissions;
tabledata: list

bigquery cloud-platform devstorage.full_control devstorage.read_only devstorage.read_write = jobs: insert
""",
    "bigqueryconnection": "bigquery cloud-platform = *",
    "bigquerydatatransfer": """
bigquery cloud-platform = locations: enrollDataSources unenrollDataSources; projects: enrollDataSources; runs: delete;
transferConfigs: create delete patch scheduleRuns startManualRuns

bigquery cloud-platform cloud-platform.read-only = dataSources: checkValidCreds get list; locations runs
transferConfigs transferResources: get list; transferLogs: list
""",
    "bigqueryreservation": "bigquery cloud-platform = *",
    "bigtableadmin": """
bigtable.admin bigtable.admin.cluster bigtable.admin.instance cloud-bigtable.admin cloud-bigtable.admin.cluster
cloud-platform = appProfiles: create delete list patch; clusters: create delete partialUpdateCluster update
updateMemoryLayer; hotTablets memoryLayers: list; instances: create delete getIamPolicy partialUpdateInstance
setIamPolicy testIamPermissions update; logicalViews materializedViews: create delete get getIamPolicy list patch
setIamPolicy testIamPermissions

bigtable.admin bigtable.admin.cluster bigtable.admin.instance cloud-bigtable.admin cloud-bigtable.admin.cluster
cloud-platform cloud-platform.read-only = appProfiles: get; clusters: get getMemoryLayer list; instances operations:
get list; locations: list

bigtable.admin bigtable.admin.table cloud-bigtable.admin cloud-bigtable.admin.table cloud-platform = authorizedViews
schemaBundles: create delete get getIamPolicy list patch setIamPolicy testIamPermissions; backups: copy create delete
get getIamPolicy list patch setIamPolicy testIamPermissions; tables: checkConsistency create delete dropRowRange
generateConsistencyToken getIamPolicy modifyColumnFamilies patch restore setIamPolicy testIamPermissions undelete

bigtable.admin bigtable.admin.table cloud-bigtable.admin cloud-bigtable.admin.table cloud-platform
cloud-platform.read-only = tables: get list
""",
    "binaryauthorization": "cloud-platform = *",
    "certificatemanager": "cloud-platform = *",
    "cloudasset": """
cloud-platform = cloudasset: analyzeMove analyzeOrgPolicies analyzeOrgPolicyGovernedAssets
analyzeOrgPolicyGovernedContainers batchGetAssetsHistory exportAssets queryAssets searchAllIamPolicies
searchAllResources; effectiveIamPolicies: batchGet; feeds savedQueries: create delete get list patch

cloud-platform cloudasset = assets: list; cloudasset: analyzeIamPolicy analyzeIamPolicyLongrunning; operations: get
""",
    "cloudbilling": """
cloud-billing cloud-billing.readonly cloud-platform = billingAccounts: get getIamPolicy list testIamPermissions;
cloudbilling: getCard; message: send stream; projects: getBillingInfo list; pushNotificationConfigs: create delete get
list; services skus subAccounts: list; tasks: cancel get subscribe

cloud-billing cloud-platform = billingAccounts: create move patch setIamPolicy; projects: updateBillingInfo;
subAccounts: create
""",
    "cloudbuild": "cloud-platform = *",
    "clouddeploy": "cloud-platform = *",
    "clouderrorreporting": "cloud-platform = *",
    "cloudfunctions": "cloud-platform = *",
    "cloudkms": "cloud-platform cloudkms = *",
    "cloudprofiler": "cloud-platform monitoring monitoring.write = *",
    "cloudresourcemanager": """
cloud-platform = boundaries capabilityConfigs: create delete patch; capabilities: get patch; folders: clearOrgPolicy
create delete move patch setIamPolicy setOrgPolicy testIamPermissions undelete updateBoundaryConfig; organizations:
clearOrgPolicy setIamPolicy setOrgPolicy updateBoundaryConfig; projects: clearOrgPolicy create delete move patch
setIamPolicy setOrgPolicy undelete update; tagBindingCollections: patch; tagBindings tagHolds: create delete; tagKeys
tagValues: create delete patch setIamPolicy testIamPermissions

cloud-platform cloud-platform.read-only = boundaries capabilityConfigs: get list; cloudresourcemanager:
fetchResourceSemantics; effectiveTagBindingCollections operations tagBindingCollections: get; effectiveTags
tagBindings tagHolds: list; folders: get getBoundaryConfig getEffectiveOrgPolicy getIamPolicy getOrgPolicy list
listAvailableOrgPolicyConstraints listOrgPolicies search; liens: create delete get list; organizations: get
getBoundaryConfig getEffectiveOrgPolicy getIamPolicy getOrgPolicy listAvailableOrgPolicyConstraints listOrgPolicies
search testIamPermissions; projects: get getAncestry getEffectiveOrgPolicy getIamPolicy getOrgPolicy list
listAvailableOrgPolicyConstraints listOrgPolicies search testIamPermissions; tagKeys tagValues: get getIamPolicy
getNamespaced list
""",
    "cloudscheduler": "cloud-platform = *",
    "cloudtasks": "cloud-platform = *",
    "cloudtrace": """
cloud-platform trace.append = projects: patchTraces; spans: createSpan; traces: batchWrite

cloud-platform trace.readonly = traces: get list
""",
    "composer": """
cloud-platform cloudcomposer = environments: checkUpgrade create databaseFailover delete executeAirflowCommand
hibernate loadSnapshot patch restartWebServer resume saveSnapshot stopAirflowCommand; operations: delete;
userWorkloadsConfigMaps userWorkloadsSecrets: create delete update

cloud-platform cloudcomposer cloudcomposer.readonly = environments: fetchDatabaseProperties get list
pollAirflowCommand; imageVersions workloads: list; operations userWorkloadsConfigMaps userWorkloadsSecrets: get list
""",
    "compute": """
cloud-platform compute = addresses globalAddresses: delete insert move setLabels; advice: calendarMode capacity
capacityHistory; autoscalers firewalls healthChecks httpHealthChecks httpsHealthChecks regionAutoscalers
regionHealthChecks: delete insert patch update; backendBuckets: addSignedUrlKey delete deleteSignedUrlKey insert patch
setEdgeSecurityPolicy setIamPolicy update; backendServices: addSignedUrlKey delete deleteSignedUrlKey insert patch
setEdgeSecurityPolicy setIamPolicy setSecurityPolicy update; crossSiteNetworks globalPublicDelegatedPrefixes
networkEdgeSecurityServices packetMirrorings regionCompositeHealthChecks regionHealthAggregationPolicies
regionHealthCheckServices regionHealthSources targetGrpcProxies wireGroups: delete insert patch; disks:
addResourcePolicies bulkInsert bulkSetLabels createSnapshot delete insert removeResourcePolicies resize setIamPolicy
setLabels startAsyncReplication stopAsyncReplication stopGroupAsyncReplication update updateKmsKey;
externalVpnGateways targetVpnGateways vpnGateways vpnTunnels: delete insert setLabels; firewallPolicies:
addAssociation addRule cloneRules delete insert move patch patchRule removeAssociation removeRule setIamPolicy;
forwardingRules globalForwardingRules: delete insert patch setLabels setTarget; futureReservations: cancel delete
insert update; globalFrontendSettings instanceSettings regionSnapshotSettings snapshotSettings: patch;
globalNetworkEndpointGroups networkEndpointGroups regionNetworkEndpointGroups: attachNetworkEndpoints delete
detachNetworkEndpoints insert; globalOperations globalOrganizationOperations regionOperations zoneOperations: delete;
globalVmExtensionPolicies zoneVmExtensionPolicies: delete insert update; hosts: getVersion; images: delete deprecate
insert patch setIamPolicy setLabels; instanceGroupManagerResizeRequests regionInstanceGroupManagerResizeRequests:
cancel delete insert; instanceGroupManagers regionInstanceGroupManagers: abandonInstances applyUpdatesToInstances
createInstances delete deleteInstances deletePerInstanceConfigs insert patch patchPerInstanceConfigs recreateInstances
resize resumeInstances setInstanceTemplate setTargetPools startInstances stopInstances suspendInstances
updatePerInstanceConfigs; instanceGroups: addInstances delete insert removeInstances setNamedPorts; instanceTemplates
instantSnapshotGroups nodeTemplates regionInstantSnapshotGroups: delete insert setIamPolicy; instances:
addAccessConfig addNetworkInterface addResourcePolicies attachDisk bulkInsert delete deleteAccessConfig
deleteNetworkInterface detachDisk insert performMaintenance removeResourcePolicies reportHostAsFaulty reset resume
sendDiagnosticInterrupt setDeletionProtection setDiskAutoDelete setIamPolicy setLabels setMachineResources
setMachineType setMetadata setMinCpuPlatform setName setScheduling setSecurityPolicy setServiceAccount
setShieldedInstanceIntegrityPolicy setTags simulateMaintenanceEvent start startWithEncryptionKey stop suspend update
updateAccessConfig updateDisplayDevice updateNetworkInterface updateShieldedInstanceConfig; instantSnapshots
machineImages regionInstantSnapshots: delete insert setIamPolicy setLabels; interconnectAttachmentGroups
networkAttachments regionBackendBuckets regionSslPolicies resourcePolicies serviceAttachments sslPolicies: delete
insert patch setIamPolicy; interconnectAttachments: delete insert patch setLabels; interconnectGroups: createMembers
delete insert patch setIamPolicy; interconnects: delete insert patch setLabels setName; licenseCodes: setIamPolicy;
licenses: delete setIamPolicy update; networkFirewallPolicies: addAssociation addPacketMirroringRule addRule
cloneRules delete insert patch patchPacketMirroringRule patchRule removeAssociation removePacketMirroringRule
removeRule setIamPolicy; networks: addPeering cancelRequestRemovePeering delete insert patch removePeering
requestRemovePeering switchToCustomMode updatePeering; nodeGroups: addNodes delete deleteNodes insert patch
performMaintenance setIamPolicy setNodeTemplate simulateMaintenanceEvent; organizationSecurityPolicies: addAssociation
addRule copyRules delete insert move patch patchRule removeAssociation removeRule; previewFeatures: update; projects:
disableXpnHost disableXpnResource enableXpnHost enableXpnResource getXpnHost getXpnResources listXpnHosts moveDisk
moveInstance setCloudArmorTier setCommonInstanceMetadata setDefaultNetworkTier; publicAdvertisedPrefixes
publicDelegatedPrefixes: announce delete insert patch withdraw; regionBackendServices: delete insert patch
setIamPolicy setSecurityPolicy update; regionCommitments: insert update; regionDisks: addResourcePolicies bulkInsert
createSnapshot delete insert removeResourcePolicies resize setIamPolicy setLabels startAsyncReplication
stopAsyncReplication stopGroupAsyncReplication update updateKmsKey; regionInstanceGroups: setNamedPorts;
regionInstanceTemplates regionNotificationEndpoints regionSslCertificates regionTargetTcpProxies rolloutPlans routes
sslCertificates: delete insert; regionInstances: bulkInsert; regionNetworkFirewallPolicies: addAssociation addRule
cloneRules delete insert patch patchAssociation patchRule removeAssociation removeRule setIamPolicy;
regionSecurityPolicies securityPolicies: addRule delete insert patch patchRule removeRule setLabels; regionSnapshots
snapshots: delete insert setIamPolicy setLabels updateKmsKey; regionTargetHttpProxies: delete insert setUrlMap;
regionTargetHttpsProxies: delete insert patch setSslCertificates setUrlMap; regionUrlMaps: delete insert patch update
validate; reservationBlocks: performMaintenance setIamPolicy; reservationSlots: getHealth getVersion update;
reservationSubBlocks: getVersion performMaintenance reportFaulty setIamPolicy; reservations: delete insert
performMaintenance resize setIamPolicy update; rollouts: advance cancel delete pause resume; routers: delete
deleteNamedSet deleteRoutePolicy insert patch patchNamedSet patchRoutePolicy update updateNamedSet updateRoutePolicy;
storagePools: delete insert setIamPolicy update; subnetworks: delete expandIpCidrRange insert patch setIamPolicy
setPrivateIpGoogleAccess; targetHttpProxies: delete insert patch setUrlMap; targetHttpsProxies: delete insert patch
setCertificateMap setQuicOverride setSslCertificates setSslPolicy setUrlMap; targetInstances: delete insert
setSecurityPolicy; targetPools: addHealthCheck addInstance delete insert removeHealthCheck removeInstance setBackup
setSecurityPolicy; targetSslProxies: delete insert setBackendService setCertificateMap setProxyHeader
setSslCertificates setSslPolicy; targetTcpProxies: delete insert setBackendService setProxyHeader; urlMaps: delete
insert invalidateCache patch update validate

cloud-platform compute compute.readonly = acceleratorTypes diskTypes forwardingRules futureReservations
globalVmExtensionPolicies interconnectAttachments machineTypes nodeTypes publicDelegatedPrefixes regionCommitments
sslCertificates storagePoolTypes targetHttpProxies targetHttpsProxies targetVpnGateways vpnTunnels: aggregatedList get
list; addresses autoscalers healthChecks packetMirrorings regionHealthAggregationPolicies regionHealthCheckServices
regionNotificationEndpoints targetInstances targetTcpProxies urlMaps: aggregatedList get list testIamPermissions;
backendBuckets subnetworks: aggregatedList get getIamPolicy list listUsable testIamPermissions; backendServices:
aggregatedList get getEffectiveSecurityPolicies getHealth getIamPolicy list listUsable testIamPermissions;
crossSiteNetworks globalForwardingRules globalOrganizationOperations globalPublicDelegatedPrefixes hosts imageViews
instanceGroupManagerResizeRequests interconnectLocations interconnectRemoteLocations managedRulesets networkProfiles
previewFeatures publicAdvertisedPrefixes regionDiskTypes regionInstanceGroupManagerResizeRequests
regionInstanceTemplates regionSslCertificates regionTargetHttpProxies regionTargetHttpsProxies regionTargetTcpProxies
regionUrlMaps regions reliabilityRisks reservationSlots rolloutPlans rollouts targetGrpcProxies wireGroups
zoneVmExtensionPolicies zones: get list; disks instanceTemplates instantSnapshots networkAttachments nodeTemplates
reservations resourcePolicies serviceAttachments: aggregatedList get getIamPolicy list testIamPermissions;
externalVpnGateways firewalls globalAddresses httpHealthChecks httpsHealthChecks regionAutoscalers regionHealthChecks
routes targetSslProxies: get list testIamPermissions; firewallPolicies: get getAssociation getIamPolicy getRule list
listAssociations testIamPermissions; globalFrontendSettings imageFamilyViews instanceSettings projectViews projects
regionSnapshotSettings snapshotSettings: get; globalNetworkEndpointGroups regionNetworkEndpointGroups: get list
listNetworkEndpoints; globalOperations: aggregatedList get list wait; images: get getFromFamily getIamPolicy list
testIamPermissions; instanceGroupManagers: aggregatedList get list listErrors listManagedInstances
listPerInstanceConfigs; instanceGroups: aggregatedList get list listInstances testIamPermissions; instances:
aggregatedList get getEffectiveFirewalls getGuestAttributes getIamPolicy getScreenshot getSerialPortOutput
getShieldedInstanceIdentity list listReferrers testIamPermissions; instantSnapshotGroups licenses machineImages
regionDisks regionInstantSnapshotGroups regionInstantSnapshots regionSnapshots reservationBlocks reservationSubBlocks
snapshots: get getIamPolicy list testIamPermissions; interconnectAttachmentGroups interconnectGroups: get getIamPolicy
getOperationalStatus list testIamPermissions; interconnects: get getDiagnostics getMacsecConfig list; licenseCodes:
get getIamPolicy testIamPermissions; networkEdgeSecurityServices: aggregatedList get; networkEndpointGroups:
aggregatedList get list listNetworkEndpoints testIamPermissions; networkFirewallPolicies: aggregatedList get
getAssociation getIamPolicy getPacketMirroringRule getRule list testIamPermissions; networks: get
getEffectiveFirewalls list listPeeringRoutes; nodeGroups: aggregatedList get getIamPolicy list listNodes
testIamPermissions; organizationSecurityPolicies: get getAssociation getRule list listAssociations
listPreconfiguredExpressionSets; regionBackendBuckets: get getIamPolicy list listUsable testIamPermissions;
regionBackendServices: get getHealth getIamPolicy list listUsable testIamPermissions; regionCompositeHealthChecks
regionHealthSources targetPools: aggregatedList get getHealth list testIamPermissions; regionInstanceGroupManagers:
get list listErrors listManagedInstances listPerInstanceConfigs; regionInstanceGroups: get list listInstances
testIamPermissions; regionNetworkFirewallPolicies: get getAssociation getEffectiveFirewalls getIamPolicy getRule list
testIamPermissions; regionOperations zoneOperations: get list wait; regionSecurityPolicies: get getRule list;
regionSslPolicies: get getIamPolicy list listAvailableFeatures testIamPermissions; regionZones: list; routers:
aggregatedList get getNamedSet getNatIpInfo getNatMappingInfo getRoutePolicy getRouterStatus list listBgpRoutes
listNamedSets listRoutePolicies preview; securityPolicies: aggregatedList get getRule list
listPreconfiguredExpressionSets; sslPolicies: aggregatedList get getIamPolicy list listAvailableFeatures
testIamPermissions; storagePools: aggregatedList get getIamPolicy list listDisks testIamPermissions; vpnGateways:
aggregatedList get getStatus list testIamPermissions

cloud-platform compute devstorage.full_control devstorage.read_only devstorage.read_write = licenses: insert;
projects: setUsageExportBucket
""",
    "container": """
cloud-platform container = clusters: addons completeControlPlaneUpgrade completeIpRotation create delete legacyAbac
locations logging master monitoring resourceLabels setAddons setLegacyAbac setLocations setLogging
setMaintenancePolicy setMasterAuth setMonitoring setNetworkPolicy setResourceLabels startIpRotation update
updateMaster; nodePools: autoscaling completeUpgrade create delete rollback setAutoscaling setManagement setSize
update; operations: cancel

cloud-platform container container.read-only = clusters: checkAutopilotCompatibility fetchClusterUpgradeInfo get list;
locations: getServerConfig; nodePools: fetchNodePoolUpgradeInfo get list; operations: get list; usableSubnetworks:
list; zones: getServerconfig
""",
    "containeranalysis": "cloud-platform = *",
    "dataflow": "cloud-platform compute = *",
    "dataproc": """
cloud-platform dataproc = autoscalingPolicies: create delete get getIamPolicy list setIamPolicy testIamPermissions
update; batches: analyze create delete; clusters: create delete diagnose getIamPolicy injectCredentials patch repair
setIamPolicy start stop testIamPermissions; jobs: cancel delete getIamPolicy patch setIamPolicy submit
submitAsOperation testIamPermissions; nodeGroups: create repair resize; operations: cancel delete getIamPolicy
setIamPolicy testIamPermissions; sessionTemplates: create delete patch; sessions: create delete terminate;
sparkApplications: write; workflowTemplates: create delete getIamPolicy instantiate instantiateInline setIamPolicy
testIamPermissions update

cloud-platform dataproc dataproc.read-only = batches clusters jobs operations sessionTemplates sessions
workflowTemplates: get list; nodeGroups: get; sparkApplications: access accessEnvironmentInfo accessJob
accessNativeBuildInfo accessNativeSqlQuery accessSqlPlan accessSqlQuery accessStageAttempt accessStageRddGraph
computeTuningConfig search searchExecutorStageSummary searchExecutors searchJobs searchNativeSqlQueries
searchSqlQueries searchStageAttemptTasks searchStageAttempts searchStages summarizeExecutors summarizeJobs
summarizeStageAttemptTasks summarizeStages
""",
    "datastore": "cloud-platform datastore = *",
    "deploymentmanager": """
cloud-platform cloud-platform.read-only ndev.cloudman ndev.cloudman.readonly = deployments manifests operations
resources: get list; types: list

cloud-platform ndev.cloudman = deployments: cancelPreview delete getIamPolicy insert patch setIamPolicy stop
testIamPermissions update
""",
    "dialogflow": "cloud-platform dialogflow = *",
    "dlp": "cloud-platform = *",
    "dns": """
cloud-platform cloud-platform.read-only ndev.clouddns.readonly ndev.clouddns.readwrite = changes dnsKeys locations
managedZoneOperations outboundEndpoints policies resourceRecordSets responsePolicies responsePolicyRules: get list;
managedZones: get getIamPolicy list testIamPermissions; projects: get

cloud-platform ndev.clouddns.readwrite = changes: create; managedZones: create delete patch setIamPolicy update;
operations: cancel delete get list; outboundEndpoints resourceRecordSets: create delete patch; policies
responsePolicies responsePolicyRules: create delete patch update
""",
    "documentai": "cloud-platform = *",
    "essentialcontacts": "cloud-platform = *",
    "eventarc": "cloud-platform = *",
    "file": "cloud-platform = *",
    "firestore": "cloud-platform datastore = *",
    "gkehub": "cloud-platform = *",
    "iam": "cloud-platform = *",
    "iamcredentials": "cloud-platform = *",
    "iap": "cloud-platform = *",
    "language": "cloud-language cloud-platform = *",
    "logging": """
cloud-platform cloud-platform.read-only logging.admin logging.read = billingAccounts folders logging organizations
projects: getCmekSettings getSettings; buckets exclusions links locations logScopes metrics operations savedQueries
sinks: get list; entries: list tail; logs monitoredResourceDescriptors recentQueries: list; views: get getIamPolicy
list testIamPermissions

cloud-platform logging.admin = buckets: create createAsync delete patch undelete updateAsync; entries: copy;
exclusions logScopes savedQueries: create delete patch; folders: updateSettings; links: create delete; logging
organizations: updateCmekSettings updateSettings; logs: delete; operations: cancel; sinks: create delete patch update;
views: create delete patch setIamPolicy

cloud-platform logging.admin logging.write = entries: write; metrics: create delete update
""",
    "metastore": "cloud-platform = *",
    "monitoring": """
cloud-platform monitoring = alertPolicies serviceLevelObjectives services uptimeCheckConfigs: create delete patch;
groups: create delete update; metricDescriptors: delete; notificationChannels: create delete getVerificationCode patch
sendVerificationCode verify; snoozes: create patch

cloud-platform monitoring monitoring.read = alertPolicies alerts dashboards groups notificationChannelDescriptors
notificationChannels serviceLevelObjectives services snoozes uptimeCheckConfigs: get list; label: values; members
metadata uptimeCheckIps: list; metricsScopes: get listMetricsScopesByMonitoredProject; operations: get; timeSeries:
list query; v1: labels query query_exemplars query_range series

cloud-platform monitoring monitoring.read monitoring.write = metricDescriptors monitoredResourceDescriptors: get list

cloud-platform monitoring monitoring.write = collectdTimeSeries metricDescriptors: create; dashboards: create delete
patch; projects: create delete; timeSeries: create createService
""",
    "networkconnectivity": "cloud-platform = *",
    "networkmanagement": "cloud-platform = *",
    "networkservices": "cloud-platform = *",
    "notebooks": "cloud-platform notebooks = *",
    "orgpolicy": """
cloud-platform organizationpolicy = customConstraints policies: create delete patch

cloud-platform organizationpolicy organizationpolicy.readonly = constraints: list; customConstraints: get list;
policies: get getEffectivePolicy list
""",
    "osconfig": "cloud-platform = *",
    "oslogin": """
cloud-platform = locations: signSshPublicKey

cloud-platform cloud-platform.read-only compute compute.readonly = users: getLoginProfile

cloud-platform compute = projects: delete provisionPosixAccount; sshPublicKeys: create delete get patch; users:
importSshPublicKey
""",
    "privateca": "cloud-platform = *",
    "pubsub": "cloud-platform pubsub = *",
    "recommender": "cloud-platform = *",
    "redis": """
cloud-platform redis.read-only redis.read-write = backupCollections backups: get list; instances: get getAuthString
list

cloud-platform redis.read-write = aclPolicies: create delete get list patch; authTokens: delete get list; backups:
delete export; clusters: addTokenAuthUser backup create delete get getCertificateAuthority list patch
rescheduleClusterMaintenance; instances: create delete export failover import patch rescheduleMaintenance upgrade;
locations: get getSharedRegionalCertificateAuthority list; operations: cancel delete get list; revisions: get list;
tokenAuthUsers: addAuthToken delete get list
""",
    "run": """
cloud-platform run = builds: submit; domainmappings: create delete; executions: cancel delete exportStatus; instances:
create delete patch replaceInstance setIamPolicy start stop; jobs: create delete patch replaceJob run setIamPolicy;
locations: exportImage exportImageMetadata exportMetadata exportProjectMetadata; operations: delete; revisions: delete
exportStatus; services: create delete patch replaceService setIamPolicy; sourceUploads: upload; workerPools: create
delete patch setIamPolicy; workerpools: create delete replaceWorkerPool setIamPolicy

cloud-platform run run.readonly = authorizeddomains locations: list; configurations domainmappings executions
revisions routes tasks: get list; instances jobs services workerPools workerpools: get getIamPolicy list
testIamPermissions; operations: get list wait
""",
    "secretmanager": "cloud-platform = *",
    "securitycenter": "cloud-platform securitycenter = *",
    "servicecontrol": "cloud-platform servicecontrol = *",
    "servicedirectory": "cloud-platform = *",
    "servicemanagement": """
cloud-platform cloud-platform.read-only service.management service.management.readonly = configs rollouts: get list;
consumers: getIamPolicy testIamPermissions; services: get getConfig getIamPolicy list testIamPermissions

cloud-platform service.management = configs: create submit; consumers: setIamPolicy; operations: get list; rollouts:
create; services: create delete generateConfigReport setIamPolicy undelete
""",
    "servicenetworking": "cloud-platform service.management = *",
    "serviceusage": """
cloud-platform cloud-platform.read-only = services: batchGet get list

cloud-platform service.management = operations: cancel delete get list; services: batchEnable disable enable
""",
    "spanner": """
cloud-platform spanner.admin = backupOperations databaseOperations instanceConfigOperations
instancePartitionOperations: list; backupSchedules: create delete get getIamPolicy list patch setIamPolicy
testIamPermissions; backups: copy create delete get getIamPolicy list patch setIamPolicy testIamPermissions;
databaseRoles: list testIamPermissions; databases: addSplitPoints changequorum create dropDatabase get getDdl
getIamPolicy list patch restore setIamPolicy testIamPermissions updateDdl; instanceConfigs instancePartitions: create
delete get list patch; instances: create delete get getIamPolicy list move patch setIamPolicy testIamPermissions;
operations: cancel delete get list

cloud-platform spanner.data = databases: getScans; scans: list; sessions: adaptMessage adapter batchCreate batchWrite
beginTransaction commit create delete executeBatchDml executeSql executeStreamingSql get list partitionQuery
partitionRead read rollback streamingRead
""",
    "speech": "cloud-platform = *",
    "sqladmin": """
cloud-platform = instances: export import

cloud-platform sqlservice.admin = Backups: CreateBackup DeleteBackup GetBackup ListBackups UpdateBackup; backupRuns:
delete get insert list; blueGreenDeployments: create delete get list switchover; connect: generateEphemeral get
resolve; databases: delete get insert list patch update; flags tiers: list; instances: ListEntraIdCertificates
ListServerCertificates RotateEntraIdCertificate RotateServerCertificate acquireSsrsLease addEntraIdCertificate
addServerCa addServerCertificate clone delete demote demoteMaster executeSql failover get getDiskShrinkConfig
getLatestRecoveryTime insert list listServerCas patch performDiskShrink pointInTimeRestore preCheckMajorVersionUpgrade
promoteReplica reencrypt releaseSsrsLease rescheduleMaintenance resetReplicaSize resetSslConfig restart restoreBackup
rotateServerCa startExternalSync startReplica stopReplica switchover truncateLog update verifyExternalSyncSettings;
operations: cancel get list; sslCerts: createEphemeral delete get insert list; users: delete get insert list update;
workloadCaptures: list start startReplay stop stopReplay
""",
    "storage": """
cloud-platform cloud-platform.read-only devstorage.full_control devstorage.read_only = hmacKeys: get list

cloud-platform cloud-platform.read-only devstorage.full_control devstorage.read_only devstorage.read_write =
anywhereCaches folders notifications operations rapidCaches: get list; buckets: get getStorageLayout list
testIamPermissions; managedFolders: get getIamPolicy list testIamPermissions; objects: get getIamPolicy list
testIamPermissions viewFullContext; serviceAccount: get

cloud-platform devstorage.full_control = bucketAccessControls defaultObjectAccessControls objectAccessControls: delete
get insert list patch update; buckets: getIamPolicy patch setIamPolicy update; hmacKeys: create update;
managedFolders: setIamPolicy; objects: patch restore update

cloud-platform devstorage.full_control devstorage.read_write = anywhereCaches: disable insert pause resume update;
buckets: delete insert lockRetentionPolicy relocate restore; folders: delete deleteRecursive insert rename; hmacKeys:
delete; managedFolders: delete insert update; notifications: delete insert; objects: bulkRestore compose copy delete
insert move rewrite setIamPolicy; operations: advanceRelocateBucket cancel; rapidCaches: disable insert update
""",
    "storagetransfer": "cloud-platform = *",
    "texttospeech": "cloud-platform = *",
    "translation": "cloud-platform cloud-translation = *",
    "videointelligence": "cloud-platform = *",
    "vision": "cloud-platform cloud-vision = *",
    "vpcaccess": "cloud-platform = *",
    "workflowexecutions": "cloud-platform = *",
    "workflows": "cloud-platform = *",
    "workstations": "cloud-platform = *",
}
